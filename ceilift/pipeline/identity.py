"""What a notification agent's pipelines are, when two agents have the same, and what differs.

The rules are those of Ceilometer's loader (ceilometer/pipeline.py of 8.1.5 and 9.0.7, and
pipeline/base.py later). Nothing kept here holds a credential: what may be one is replaced by a
digest, so that a change of it is still seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["sample", "event"]
Origin = Literal["file", "packaged", "missing"]

PER_MANAGER = "ceilometer_ipc"  # the prefix of 10 and 11, whose queues no longer name pipes


@dataclass(frozen=True, slots=True)
class Pipe:
    """One source bound to one sink: what Ceilometer calls a pipeline, and shards by.

    `patterns` are the meters or event types, sorted, for their order means nothing. Transformers
    (canonical JSON of name and parameters) and publishers keep their order: samples go through
    them one after the other.
    """

    kind: Kind
    source: str
    sink: str
    patterns: tuple[str, ...]
    transformers: tuple[str, ...]
    publishers: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name as in the names of queues and in messages (Pipeline.__str__)."""
        joined = self.source if self.source == self.sink else f"{self.source}:{self.sink}"
        return f"event:{joined}" if self.kind == "event" else joined

    @property
    def content(self) -> tuple[object, ...]:
        """Everything but its name."""
        return (self.kind, self.patterns, self.transformers, self.publishers)


@dataclass(frozen=True, slots=True)
class Pipelines:
    """All pipes of one agent, with what else its fellows must agree on.

    `origin` is "packaged" or "missing" when that holds for at least one of the two files.
    `fault` names what keeps the agent from loading them ("": nothing known); then the pipes of
    that file are not in `pipes`. `secret_digest` is the SHA-256 of the telemetry secret.
    """

    pipes: tuple[Pipe, ...] = ()
    processing_queues: int = 10
    secret_digest: str = ""
    origin: Origin = "file"
    fault: str = ""


def same(left: Pipelines, right: Pipelines) -> bool:
    """Whether two agents may share the work: no difference, and both can be loaded."""
    return not left.fault and not right.fault and not differences(left, right)


def differences(old: Pipelines, new: Pipelines) -> tuple[str, ...]:
    """What `new` changes of `old`, in an operator's words; empty when it changes nothing.

    A pipe that went while one of the same content came counts as renamed.
    """
    before = {pipe.name: pipe for pipe in old.pipes}
    after = {pipe.name: pipe for pipe in new.pipes}
    gone = [before[name] for name in sorted(before.keys() - after.keys())]
    come = [after[name] for name in sorted(after.keys() - before.keys())]
    renamed = tuple(_renamed(gone, come))
    found = [f"pipe {one.name} renamed to {other.name}" for one, other in renamed]
    found += [f"pipe {one.name} removed" for one in gone if one not in dict(renamed)]
    kept = {other for _, other in renamed}
    found += [f"pipe {one.name} added" for one in come if one not in kept]
    for name in sorted(before.keys() & after.keys()):
        found += [f"pipe {name}: {what}" for what in _changed(before[name], after[name])]
    return (*found, *_settings(old, new))


def queues(pipelines: Pipelines, prefix: str) -> frozenset[str]:
    """RabbitMQ's names of the queues between agents with workload_partitioning.

    5 to 9: `n` for each pipe, of samples and of events (notification.py, _get_notifiers). 10 and
    11 (prefix `ceilometer_ipc`): `n` for samples and `n` for events, whatever the pipes. A queue
    is named after its topic and the priority `sample`.
    """
    names = tuple(pipe.name for pipe in pipelines.pipes)
    middles = ("sample", "event") if prefix == PER_MANAGER else names
    return queues_of(middles, pipelines.processing_queues, prefix)


def queues_of(names: Iterable[str], count: int, prefix: str) -> frozenset[str]:
    """The `count` queues of each pipe of these names."""
    return frozenset(f"{prefix}-{name}-{n}.sample" for name in names for n in range(count))


def vanishing(old: Pipelines, new: Pipelines, prefix: str) -> frozenset[str]:
    """The queues that agents with `new` no longer read: to be empty before the change."""
    return queues(old, prefix) - queues(new, prefix)


def _renamed(gone: Iterable[Pipe], come: Iterable[Pipe]) -> Iterator[tuple[Pipe, Pipe]]:
    left = list(come)
    for one in gone:
        other = next((pipe for pipe in left if pipe.content == one.content), None)
        if other is not None:
            left.remove(other)
            yield one, other


def _changed(old: Pipe, new: Pipe) -> Iterator[str]:
    # Sources and sinks named "a:b" can make one name of different parts.
    if (old.source, old.sink) != (new.source, new.sink):
        yield "the same name is made of another source and sink"
    if old.patterns != new.patterns:
        noun = "meters" if old.kind == "sample" else "events"
        yield f"{noun} changed ({_moved(old.patterns, new.patterns)})"
    if old.transformers != new.transformers:
        yield f"transformers changed ({_moved(old.transformers, new.transformers)})"
    if old.publishers != new.publishers:
        yield f"publishers changed ({_moved(old.publishers, new.publishers)})"


def _moved(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    parts = [f"{item} added" for item in new if item not in old]
    parts += [f"{item} removed" for item in old if item not in new]
    return "; ".join(parts) or "in another order or number"


def _settings(old: Pipelines, new: Pipelines) -> Iterator[str]:
    counts = old.processing_queues, new.processing_queues
    if counts[0] != counts[1]:
        yield f"pipeline_processing_queues changed from {counts[0]} to {counts[1]}"
    if old.secret_digest != new.secret_digest:
        yield "telemetry_secret differs: each side drops what the other signed"
    if old.fault != new.fault:
        yield f"faults: {old.fault or 'none'} before, {new.fault or 'none'} after"
