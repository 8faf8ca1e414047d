"""Reads a polling.yaml as Ceilometer would: its sources, or why no agent starts with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import yaml

from ceilift.pollsters import EXPRESSION, PollingFile, PollingSource

Yaml = Any  # whatever YAML holds


class _FaultyError(Exception):
    """Why Ceilometer would not start with this file: the place and the rule."""


def read_polling_file(text: str) -> PollingFile:
    """Understand a polling.yaml, or the pipeline.yaml that 8.x and 9.x fall back to without one.

    What an agent refuses or breaks on at its start is a fault, the first one found
    (ceilometer/pipeline.py of 8.1.5 and 9.0.7, polling/manager.py and agent.py of 17.0.2:
    PollingManager, PollingSource, check_source_filtering); one such source keeps the agent from
    all. Both kinds of file are read alike, and other keys are passed over. A fault is also
    what it breaks on later: names and resources that are no text, sources that are no list.
    """
    try:
        return PollingFile(tuple(_sources(yaml.safe_load(text))))
    except (yaml.YAMLError, ValueError) as error:  # a ValueError: no day has that date
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark is not None else ""
        return PollingFile(fault=f"{place}this is not valid YAML")
    except _FaultyError as error:
        return PollingFile(fault=str(error))


def _sources(data: Yaml) -> Iterator[PollingSource]:
    if not isinstance(data, dict) or "sources" not in data:
        raise _FaultyError("sources: they are missing")
    if not isinstance(data["sources"], list):
        raise _FaultyError("sources: this is no list")
    for number, source in enumerate(data["sources"]):
        yield _source(source, f"sources[{number}]")


def _source(given: Yaml, place: str) -> PollingSource:
    if not isinstance(given, dict):
        raise _FaultyError(f"{place}: this is no mapping")
    for key in ("name", "meters", "interval"):
        if key not in given:
            raise _FaultyError(f"{place}.{key}: it is missing")
    return PollingSource(
        name=_text(given["name"], f"{place}.name"),
        interval_s=_interval(given["interval"], f"{place}.interval"),
        resources=_texts(given, "resources", place),
        discovery=_texts(given, "discovery", place),
        meters=_meters(given["meters"], f"{place}.meters"),
        group_expression=_text(given.get(EXPRESSION) or "", f"{place}.{EXPRESSION}"),
    )


def _interval(given: Yaml, place: str) -> float:
    """Cut to whole seconds, by int(), as Ceilometer does; also a number in quotes."""
    try:
        seconds = int(given)
    except (TypeError, ValueError, OverflowError):
        raise _FaultyError(f"{place}: this is no number") from None
    if seconds <= 0:
        raise _FaultyError(f"{place}: it must be one second or more")
    return float(seconds)


def _texts(given: Mapping[str, Yaml], key: str, place: str) -> tuple[str, ...]:
    """A list that may be missing or empty."""
    found = given.get(key) or []
    if not isinstance(found, list):
        raise _FaultyError(f"{place}.{key}: this is no list")
    return tuple(_text(item, f"{place}.{key}[{number}]") for number, item in enumerate(found))


def _text(given: Yaml, place: str) -> str:
    if isinstance(given, list | dict | set):
        raise _FaultyError(f"{place}: this is no text")
    return str(given)


def _meters(given: Yaml, place: str) -> tuple[str, ...]:
    """Anything that can be gone through: of a text Ceilometer takes each character as a pattern."""
    if not given:
        raise _FaultyError(f"{place}: none is given")
    if not isinstance(given, list | dict | str):
        raise _FaultyError(f"{place}: this is no list")
    for number, pattern in enumerate(given):
        if not isinstance(pattern, str) or not pattern:
            raise _FaultyError(f"{place}[{number}]: this is no name or pattern")
    patterns = tuple(given)
    for rule, broken in _FILTERING.items():
        if broken(patterns):
            raise _FaultyError(f"{place}: {rule}")
    return patterns


def _included(patterns: Iterable[str]) -> bool:
    return any(pattern[0] not in "!*" for pattern in patterns)


_FILTERING: Mapping[str, Callable[[tuple[str, ...]], bool]] = {
    "some are included and some excluded; a source may do one of the two": lambda patterns: (
        _included(patterns) and any(pattern[0] == "!" for pattern in patterns)
    ),
    "some are named beside the wildcard *": lambda patterns: (
        "*" in patterns and _included(patterns)
    ),
}
