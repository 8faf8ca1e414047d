"""Reads Ceilometer's own files as far as an upgrade needs them, and keeps no secret of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from oslo_config import iniparser

TRUE = frozenset({"true", "1", "on", "yes"})


class Options(iniparser.BaseParser):
    """The options of one ceilometer.conf: the last value of each, by section and name.

    A file that oslo.config itself could not parse keeps what came before the fault; `fault`
    says what it was.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fault = ""
        self._section = "DEFAULT"
        self._values: dict[tuple[str, str], str] = {}
        self._each: dict[tuple[str, str], list[str]] = {}
        try:
            self.parse(text.splitlines(keepends=True))
        except iniparser.ParseError as error:
            self.fault = f"{error.msg} in line {error.lineno}"  # its text may hold a credential

    def new_section(self, section: str) -> None:
        """Called by the parser at each section."""
        self._section = section

    def assignment(self, key: str, value: list[str]) -> None:
        """Called by the parser at each option."""
        where = self._section, key.replace("-", "_")
        self._values[where] = "\n".join(value)
        self._each.setdefault(where, []).append(self._values[where])

    @property
    def names(self) -> tuple[str, ...]:
        """The options that are set, each as `[section] name`, sorted."""
        return tuple(sorted(f"[{section}] {name}" for section, name in self._values))

    def get(self, section: str, name: str) -> str | None:
        """The value of an option; None when it is not set."""
        return self._values.get((section, name))

    def each(self, section: str, name: str) -> tuple[str, ...]:
        """Every value of an option that may be set several times (MultiOpt), in order."""
        return tuple(self._each.get((section, name), ()))

    def given(self, section: str) -> tuple[str, ...]:
        """The options of a section that have a value, sorted."""
        return tuple(
            sorted(name for of, name in self._values if of == section and self._values[of, name])
        )

    def flag(self, section: str, name: str) -> bool:
        """A boolean option; false when it is not set."""
        return (self.get(section, name) or "").strip().lower() in TRUE


@dataclass(frozen=True, slots=True)
class PollingSources:
    """What polling.yaml says: its shortest interval (seconds) and all static resources.

    `fault` says in words why the file could not be understood.
    """

    interval_s: float | None = None
    resources: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    fault: str = ""


def read_polling(text: str) -> PollingSources:
    """Understand a polling.yaml (or a pipeline.yaml that holds the polling sources)."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return PollingSources(fault=_without_text(error))
    sources = list(_sources(data))
    intervals = [float(s["interval"]) for s in sources if _is_number(s.get("interval"))]
    resources = {str(item) for source in sources for item in _list(source.get("resources"))}
    meters = {str(item) for source in sources for item in _list(source.get("meters"))}
    return PollingSources(
        min(intervals, default=None), tuple(sorted(resources)), tuple(sorted(meters))
    )


def _without_text(error: yaml.YAMLError) -> str:
    """What is wrong and where; never the lines themselves, which may hold a credential."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}" if mark is not None else ""
    return f"{getattr(error, 'problem', None) or 'is not valid YAML'}{place}"


def _sources(data: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - whatever YAML holds
    found = data.get("sources") if isinstance(data, dict) else data
    for source in _list(found):
        if isinstance(source, dict):
            yield source


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - whatever YAML holds
    return value if isinstance(value, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
