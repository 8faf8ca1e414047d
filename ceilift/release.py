"""The release catalogue: what each Ceilometer release has and does, every fact with its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Generic, Literal, TypeVar

import yaml
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict

from ceilift.component import Component
from ceilift.errors import BadInputError, Fault

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is
LISTED = re.compile(r"^  (\d+(?:\.\d+)+):", re.MULTILINE)  # a point release of a series file
T = TypeVar("T")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(_Strict, Generic[T]):
    """A value and where it was read or run: file and tag, commit, or lab measurement."""

    value: T
    source: str


class DbsyncFacts(_Strict):
    """How the schema is brought to this release. `sql` false: no Ceilometer database any more."""

    command: Fact[tuple[str, ...]]
    sql: Fact[bool]


class PollingFacts(_Strict):
    """How polling agents behave.

    `first_poll_intervals`: after how many intervals a new agent polls first (0: at once), alone
    and with coordination. `ring`: who owns the hash ring; different rings may never share a
    group. `membership`: when a member learns that others came or went (`never`, `each-interval`).
    `static_group_hash`: static resources' group id holds Python's `hash()`.
    """

    first_poll_intervals: Fact[int]
    first_poll_intervals_coordinated: Fact[int]
    default_interval_s: Fact[int]
    ring: Fact[Literal["ceilometer", "tooz"]]
    membership: Fact[Literal["never", "each-interval", "events"]]
    static_group_hash: Fact[bool]


class NotificationFacts(_Strict):
    """How notification agents take a new pipeline, and the queues they use among themselves."""

    reload: Fact[Literal["refresh", "sighup"]]
    partitioning: Fact[bool]
    group: Fact[str | None]
    ipc_queue_prefix: Fact[str | None]


class PayloadFacts(_Strict):
    """Fields of polled samples that not every release has.

    `sends`: what its polling agents put in. `requires`: without which its notification agents
    lose a message, acknowledged and unnoticed (trap T1).
    """

    sends: Fact[tuple[str, ...]]
    requires: Fact[tuple[str, ...]]


class TimingFacts(_Strict):
    """Seconds measured in the lab on an idle host: SIGTERM to gone, start to first process work."""

    stop_s: Fact[dict[Component, float]]
    start_s: Fact[dict[Component, float]]
    dbsync_s: Fact[float]


class Release(_Strict):
    """One exact release: the facts of its series with its own exceptions applied."""

    version: str
    series: int
    name: str
    scripts: Fact[dict[Component, str]]
    dbsync: DbsyncFacts
    polling: PollingFacts
    notification: NotificationFacts
    payload: PayloadFacts
    timing: TimingFacts
    queues: Fact[dict[Component, tuple[str, ...]]]

    def has(self, component: Component) -> bool:
        """Whether this release ships that component at all (no collector from 10.0 on)."""
        return component in self.scripts.value

    def first_poll_intervals(self, *, coordinated: bool) -> int:
        """Intervals from start to first poll."""
        facts = self.polling
        return (
            facts.first_poll_intervals_coordinated if coordinated else facts.first_poll_intervals
        ).value


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All releases Ceilift knows, by exact version."""

    releases: Mapping[str, Release]

    def get(self, version: str) -> Release:
        """The release of that exact version. Raises BadInputError for an unlisted one."""
        found = self.releases.get(version)
        if found is None:
            known = ", ".join(sorted(self.releases, key=Version))
            fault = Fault(
                "command line",
                "--to",
                f"release {version!r} is not in the catalogue",
                f"Known: {known}",
            )
            raise BadInputError([fault])
        return found


def is_older(left: str, right: str) -> bool:
    """Whether `left` is an older release than `right`; an unknown one counts as older."""
    try:
        return Version(left) < Version(right)
    except InvalidVersion:
        return True


def load_series(text: str, file: str) -> dict[str, Release]:
    """The releases of one series file: its facts, overlaid by each point release's exceptions."""
    data = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe one
    exceptions = data.pop("releases")
    return {
        version: Release.model_validate(
            {"version": version, **_overlay(data, changes or {}, f"{file}:{version}")}
        )
        for version, changes in exceptions.items()
    }


class SeriesFiles(Mapping[str, Release]):
    """Releases of series files, each file parsed when one of its releases is first asked for.

    All versions are known from the start, oldest first; a plan concerns two or three of seventy
    releases, and parsing the rest would cost it a second.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        """`texts`: what stands in each file, by its name."""
        found = {version: name for name, text in texts.items() for version in listed(text)}
        self._texts = texts
        self._file_of = dict(sorted(found.items(), key=lambda item: Version(item[0])))
        self._parsed: dict[str, dict[str, Release]] = {}

    def __getitem__(self, version: str) -> Release:
        name = self._file_of[version]
        if name not in self._parsed:
            self._parsed[name] = load_series(self._texts[name], name)
        return self._parsed[name][version]

    def __iter__(self) -> Iterator[str]:
        return iter(self._file_of)

    def __len__(self) -> int:
        return len(self._file_of)

    def __contains__(self, version: object) -> bool:
        return version in self._file_of


def listed(text: str) -> tuple[str, ...]:
    """The releases that a series file lists, without parsing the rest of it."""
    return tuple(LISTED.findall(text.partition("\nreleases:\n")[2]))


def load_catalogue() -> Catalogue:
    """The catalogue that ships with Ceilift; what is wrong in a file shows when it is asked for."""
    folder = resources.files("ceilift") / "releases"
    files = {entry.name: entry for entry in folder.iterdir() if entry.name.endswith(".yaml")}
    return Catalogue(
        SeriesFiles({name: entry.read_text(encoding="utf-8") for name, entry in files.items()})
    )


def _overlay(
    facts: Mapping[str, object], changes: Mapping[str, object], where: str
) -> dict[str, object]:
    merged = dict(facts)
    for name, change in changes.items():
        if name not in facts:
            msg = f"{where}: exception for {name!r}, which the series does not state"
            raise ValueError(msg)
        inner = facts[name]
        nested = isinstance(inner, dict) and isinstance(change, dict) and "source" not in change
        merged[name] = _overlay(inner, change, f"{where}.{name}") if nested else change  # type: ignore[arg-type]
    return merged
