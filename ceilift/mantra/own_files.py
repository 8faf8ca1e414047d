"""What the operator's own files use of the data models, by the names the check has for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import yaml

from ceilift.mantra.breach import ERROR, INFO, Judged

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORD = re.compile(r"[A-Za-z_]\w*")
KIND = re.compile(r"[a-z_]+(?=\.)")  # of an event: sahara.cluster.create
SQL = ".sql"
QUEUES = {False: "queue.metering.sample", True: "queue.event.sample"}  # of notifier://, to 9.x


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file that the operator keeps, and what it uses: names as `Judged.subject`.

    Resource types and attributes of Gnocchi that it fills, fields of samples that it reads, kinds
    of events (as the exchange of that name), queues it publishes to. `words`: of a file of SQL
    statements, in which a table or a column is used where it is named.
    """

    name: str
    uses: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()

    def needs(self, one: Judged) -> bool:
        """Whether it uses what this difference takes away, or lacks what it demands."""
        head, _, rest = one.subject.partition(".")
        if one.severity is INFO or one.how == "relaxed":
            return False
        if head == "sql":
            return {*rest.split(".")} <= self.words
        if head == "gnocchi" and one.how == "demanded":
            return one.subject.rpartition(".")[0] in self.uses and one.subject not in self.uses
        return one.subject in self.uses


def own_file(name: str, text: str) -> OwnFile:
    """The file of that name; one of an unknown kind uses nothing."""
    if name.endswith(SQL):
        return OwnFile(name, words=frozenset(word.lower() for word in WORD.findall(text)))
    return OwnFile(name, uses_of(text))


def weighed(found: Iterable[Judged], files: Sequence[OwnFile]) -> Iterator[Judged]:
    """The same differences: an error, too, where a file of the operator's own needs what goes."""
    for one in found:
        names = [file.name for file in files if file.needs(one)]
        known = f"{one.who}; " if one.severity is ERROR else ""
        how = "left out by" if one.how == "demanded" else "used by"
        who = f"{known}{how} your own {', '.join(names)}"
        yield replace(one, severity=ERROR, who=who) if names else one


@lru_cache(maxsize=64)  # hosts have the same ones
def uses_of(text: str) -> tuple[str, ...]:
    """What a YAML file uses, sorted; nothing where it is none of the kinds that are known.

    Known are gnocchi_resources.yaml, meters.yaml, event_definitions.yaml, pipeline.yaml and
    event_pipeline.yaml, told by what stands in them.
    """
    try:
        data = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe one
    except (yaml.YAMLError, ValueError, RecursionError):  # a date that is none, a thousand brackets
        return ()
    if isinstance(data, Mapping):
        found = {*_of_resources(data), *_of_events(data.get("metric")), *_of_pipes(data)}
    else:
        found = {*_of_events(data)}
    return tuple(sorted(found))


def _of_resources(data: Mapping[str, Any]) -> Iterator[str]:
    for resource in _mappings(data.get("resources")):
        name = resource.get("resource_type")
        attributes = _mapping(resource.get("attributes"))
        yield f"gnocchi.{name}"
        for key in (*attributes, *_mapping(resource.get("event_attributes"))):
            yield f"gnocchi.{name}.{key}"
        for path in (path for value in attributes.values() for path in _texts(value)):
            if first := WORD.search(path):
                yield f"sample.{first[0]}"
        for key in ("event_create", "event_update", "event_delete"):
            yield from _kinds(resource.get(key))


def _of_events(data: object) -> Iterator[str]:
    """Definitions of meters or of events: what kinds of notifications they are made of."""
    for definition in _mappings(data):
        yield from _kinds(definition.get("event_type"))


def _of_pipes(data: Mapping[str, Any]) -> Iterator[str]:
    events = any("events" in source for source in _mappings(data.get("sources")))
    for sink in _mappings(data.get("sinks")):
        for url in _texts(sink.get("publishers")):
            if url.startswith("notifier://") and "topic=" not in url:
                yield QUEUES[events]


def uses_of_events(event_types: Iterable[str]) -> tuple[str, ...]:
    """The same of definitions of events of these types."""
    return tuple(use for one in event_types for use in _kinds(one))


def _kinds(event_type: object) -> Iterator[str]:
    """Of events of `sahara.cluster.*`: the exchange sahara. Exclusions (`!image.*`) name none."""
    for text in _texts(event_type):
        if first := KIND.match(text):
            yield f"exchange.{first[0]}"


def _mappings(data: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, list):
        yield from (one for one in data if isinstance(one, Mapping))


def _mapping(data: object) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else {}


def _texts(data: object) -> Iterator[str]:
    """One text or several, also those under `fields`."""
    found = data.get("fields") if isinstance(data, Mapping) else data
    for one in found if isinstance(found, list) else (found,):
        if isinstance(one, str):
            yield one
