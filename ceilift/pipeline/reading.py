"""Reads pipeline.yaml and event_pipeline.yaml as Ceilometer's loader does, keeping no secret.

The rules and their order: PipelineManager, Source and Sink of ceilometer/pipeline.py in 8.1.5 and
9.0.7. What only the installed release can tell (which transformers and publishers exist, whether
a transformer accepts its parameters) is not judged here; its own loader is asked for that.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from ceilift.pipeline.identity import Kind, Origin, Pipe, Pipelines

FILES: Mapping[Kind, str] = {"sample": "pipeline.yaml", "event": "event_pipeline.yaml"}
PATTERNS: Mapping[Kind, str] = {"sample": "meters", "event": "events"}
DIGEST_LENGTH = 16
# Parameters of publishers' URLs that hold no credential (ceilometer/publisher/*.py); the values
# of all others are kept as digests.
PLAIN_PARAMETERS = frozenset(
    {
        "archive_policy",
        "backup_count",
        "batch",
        "filter_project",
        "interval",
        "json",
        "max_bytes",
        "max_parallel_requests",
        "max_queue_length",
        "max_retries",
        "per_meter_topic",
        "policy",
        "poolsize",
        "raw_only",
        "resources_definition_file",
        "timeout",
        "topic",
        "verify_ssl",
    }
)
PARAMETERS = re.compile("[?#]")
CREDENTIALS = re.compile(r"(?<=://).*@", re.DOTALL)  # several hosts, and passwords that hold an @


class _FaultError(ValueError):
    """A file that Ceilometer would not load: where, and which rule, but none of its content."""


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    patterns: tuple[str, ...]
    sinks: tuple[object, ...]
    place: str
    raw_name: object


def read_pipelines(
    pipeline_text: str,
    event_text: str,
    *,
    processing_queues: int = 10,
    secret_digest: str = "",
    origin: Origin = "file",
) -> Pipelines:
    """The pipelines that an agent with these two files has, normalised.

    Two files that mean the same to Ceilometer give equal results: the order of sources, sinks,
    patterns and keys does not matter, nor does the style of YAML. A file that the loader would
    refuse gives no pipes and a `fault` that says where (by number) and why, never what it holds.
    """
    pipes: list[Pipe] = []
    faults: list[str] = []
    texts: tuple[tuple[Kind, str], ...] = (("sample", pipeline_text), ("event", event_text))
    for kind, text in texts:
        try:
            pipes += _pipes(kind, text)
        except _FaultError as fault:
            faults.append(f"{FILES[kind]}: {fault}")
        except RecursionError:
            faults.append(f"{FILES[kind]}: is nested too deeply")
    ordered = tuple(sorted(pipes, key=lambda pipe: (pipe.kind, pipe.name)))
    return Pipelines(ordered, processing_queues, secret_digest, origin, "; ".join(faults))


def _pipes(kind: Kind, text: str) -> list[Pipe]:
    data = _loaded(text)
    sources = list(_sources(kind, data["sources"]))
    sinks = dict(_sinks(data["sinks"]))
    pipes: dict[str, Pipe] = {}
    for source in sources:
        for pipe in _bound(kind, source, sinks):
            if pipe.name in pipes:
                raise _FaultError(f"{source.place}: a second pipe of the same name")
            pipes[pipe.name] = pipe
    return list(pipes.values())


def _loaded(text: str) -> dict[object, object]:
    if not text.strip():
        raise _FaultError("is missing or empty")
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark is not None else ""
        raise _FaultError(f"is not valid YAML{place}") from None
    except (ValueError, LookupError, AttributeError, TypeError):  # a date or number that is none
        raise _FaultError("is not valid YAML") from None
    if not isinstance(data, dict) or not {"sources", "sinks"} <= data.keys():
        raise _FaultError("has not both sources and sinks")
    return data


def _sources(kind: Kind, value: object) -> Iterator[_Source]:
    key = PATTERNS[kind]
    for place, entry in _entries("source", value):
        for field in ("name", "sinks", key):
            if field not in entry:
                raise _FaultError(f"{place}: {field} is missing")
        patterns = _patterns(f"{place}: {key}", entry[key])
        sinks = tuple(_items(f"{place}: sinks", entry["sinks"] or ()))
        yield _Source(str(entry["name"]), patterns, sinks, place, entry["name"])


def _sinks(value: object) -> Iterator[tuple[object, tuple[tuple[str, ...], tuple[str, ...]]]]:
    for place, entry in _entries("sink", value):
        if "name" not in entry:
            raise _FaultError(f"{place}: name is missing")
        if not entry.get("publishers"):
            raise _FaultError(f"{place}: has no publishers")
        publishers = _publishers(f"{place}: publishers", entry["publishers"])
        yield entry["name"], (_transformers(place, entry.get("transformers") or ()), publishers)


def _bound(
    kind: Kind,
    source: _Source,
    sinks: Mapping[object, tuple[tuple[str, ...], tuple[str, ...]]],
) -> Iterator[Pipe]:
    if not source.sinks:
        raise _FaultError(f"{source.place}: has no sinks")
    for sink in source.sinks:
        if not _may_be_key(sink) or sink not in sinks:
            raise _FaultError(f"{source.place}: a sink of it is not there")
        if sink == source.raw_name and not isinstance(sink, str):
            raise _FaultError(f"{source.place}: the name is no text")
        yield Pipe(kind, source.name, str(sink), source.patterns, *sinks[sink])


def _entries(noun: str, value: object) -> Iterator[tuple[str, dict[object, object]]]:
    """Each entry with its place ("source 2"); their names are hashable and differ."""
    seen: set[object] = set()
    for number, entry in enumerate(_items(f"{noun}s", value), 1):
        place = f"{noun} {number}"
        if not isinstance(entry, dict):
            raise _FaultError(f"{place}: is no mapping")
        name = entry.get("name")
        if not _may_be_key(name):
            raise _FaultError(f"{place}: the name is no text")
        if name in seen:
            raise _FaultError(f"{place}: has the name of another {noun}")
        seen.add(name)
        yield place, entry


def _may_be_key(value: object) -> bool:
    return isinstance(value, Hashable)


def _items(place: str, value: object) -> list[object]:
    """What Python iterates over: for a text its characters, as the loader would."""
    if not isinstance(value, Iterable):
        raise _FaultError(f"{place}: is no list")
    return list(value)


def _patterns(place: str, value: object) -> tuple[str, ...]:
    """The rules of check_source_filtering; what is no text would fail at the first sample."""
    if not value:
        raise _FaultError(f"{place}: is empty")
    items = _items(place, value)
    found = {item for item in items if isinstance(item, str) and item}
    if not all(isinstance(item, str) and item for item in items):
        raise _FaultError(f"{place}: an entry is no text, or empty")
    included = any(item[0] not in "!*" for item in found)
    if included and any(item[0] == "!" for item in found):
        raise _FaultError(f"{place}: both included and excluded")
    if included and "*" in found:
        raise _FaultError(f"{place}: included beside the wildcard")
    return tuple(sorted(found))


def _transformers(place: str, value: object) -> tuple[str, ...]:
    return tuple(
        _transformer(f"{place}: transformer {number}", entry)
        for number, entry in enumerate(_items(f"{place}: transformers", value), 1)
    )


def _transformer(place: str, entry: object) -> str:
    if not isinstance(entry, dict):
        raise _FaultError(f"{place}: is no mapping")
    for field in ("parameters", "name"):
        if field not in entry:
            raise _FaultError(f"{place}: {field} is missing")
    if not isinstance(entry["name"], str):
        raise _FaultError(f"{place}: the name is no text")
    parameters = entry["parameters"] or {}
    if not isinstance(parameters, dict) or not all(isinstance(key, str) for key in parameters):
        raise _FaultError(f"{place}: parameters is no mapping of names")
    plain = {"name": entry["name"], "parameters": parameters}
    return json.dumps(_canonical(plain), sort_keys=True, ensure_ascii=False)


def _canonical(value: object) -> object:
    """The value with textual keys; what JSON has no word for (a date, a set) becomes a digest."""
    if isinstance(value, dict):
        return {_text(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return CREDENTIALS.sub(_replaced, value)
    parts = sorted(map(repr, value)) if isinstance(value, set) else [repr(value)]
    return f"!{type(value).__name__} {_digest(' '.join(parts))}"


def _publishers(place: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):  # taken letter by letter by the loader, which finds no publisher
        return (f"letters:{_digest(value)}",)
    items = _items(place, value)
    if not all(isinstance(item, str) for item in items):
        raise _FaultError(f"{place}: an entry is no text")
    return tuple(_publisher(str(item)) for item in items)


def _publisher(url: str) -> str:
    """A publisher's URL without its credentials; a bare name is a scheme, as in the loader."""
    url = url if "://" in url else f"{url}://"
    address, *rest = PARAMETERS.split(CREDENTIALS.sub(_replaced, url), maxsplit=1)
    return address + "".join("?" + "&".join(map(_parameter, part.split("&"))) for part in rest)


def _parameter(part: str) -> str:
    name, sign, value = part.partition("=")
    if not part or name in PLAIN_PARAMETERS:
        return part
    return f"{name}={_digest(value)}" if sign else _digest(part)


def _replaced(found: re.Match[str]) -> str:
    return f"{_digest(found[0])}@"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]
