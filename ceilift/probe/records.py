"""What the probe script printed, taken apart: plain records, nothing judged yet."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

START_TICKS = 19  # field 22 of /proc/PID/stat, counted from the one behind the name
PARENT = 1


@dataclass(frozen=True, slots=True)
class Process:
    """One process that has to do with Ceilometer. `loaded` is the site-packages folder it uses."""

    pid: int
    parent: int
    started: float
    loaded: str
    title: str


@dataclass(frozen=True, slots=True)
class File:
    """A file's text and when it was last changed (epoch seconds)."""

    text: str
    changed: float


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as its process manager tells it; `pid` is the main process while it runs."""

    name: str
    state: str
    pid: int | None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Everything one look at a host brought back.

    `installed` maps a release folder to the release in it; `loaded` a site-packages folder to
    its release and when that was installed; `shown` are systemd's properties of each unit.
    """

    clock: float | None
    processes: tuple[Process, ...]
    files: Mapping[str, File]
    units: tuple[Unit, ...]
    installed: Mapping[str, str]
    loaded: Mapping[str, tuple[str, float]]
    tools: tuple[str, ...]
    shown: Mapping[str, Mapping[str, str]]
    free_bytes: int | None


def parse(text: str) -> Records:
    """Take the probe's output apart; lines of an unknown kind are ignored."""
    rows: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        kind, *fields = line.split("\t")
        rows.setdefault(kind, []).append(fields)
    boot, ticks = (float(value or 0) for value in (rows.get("boot") or [["0", "100"]])[0])
    clock = rows.get("clock")
    shown = _properties(rows.get("show", []))
    free = rows.get("free")
    return Records(
        clock=float(clock[0][0]) if clock else None,
        processes=tuple(_process(row, boot, ticks or 100.0) for row in rows.get("process", [])),
        files={row[0]: _file(row) for row in rows.get("file", [])},
        units=(*(_supervised(row) for row in rows.get("unit", [])), *_shown(shown)),
        shown=shown,
        installed={row[0]: version_of(row[1]) for row in rows.get("installed", [])},
        loaded={row[0]: (version_of(row[1]), float(row[2])) for row in rows.get("loaded", [])},
        tools=tuple(row[0] for row in rows.get("tool", [])),
        free_bytes=int(free[0][0]) * 1024 if free and free[0][0].isdigit() else None,
    )


def version_of(metadata_folder: str) -> str:
    """The version in the name of a dist-info or egg-info folder: ceilometer-9.0.7.dist-info."""
    return (
        metadata_folder.removeprefix("ceilometer-")
        .split("-")[0]
        .removesuffix(".dist")
        .removesuffix(".egg")
    )


def _process(row: list[str], boot: float, ticks: float) -> Process:
    pid, stat, loaded, title = row[0], row[1].split(), row[2], row[3]
    return Process(
        int(pid), int(stat[PARENT]), boot + float(stat[START_TICKS]) / ticks, loaded, title.strip()
    )


def _file(row: list[str]) -> File:
    return File(base64.b64decode(row[1]).decode(errors="replace"), float(row[2]))


def _supervised(row: list[str]) -> Unit:
    name, state, rest = row
    words = rest.replace(",", " ").split()
    pid = int(words[1]) if len(words) > 1 and words[0] == "pid" and words[1].isdigit() else None
    return Unit(name.split(":")[-1], state, pid)


def _properties(rows: list[list[str]]) -> dict[str, dict[str, str]]:
    units: dict[str, dict[str, str]] = {}
    for name, line in rows:
        key, _, value = line.partition("=")
        units.setdefault(name, {})[key] = value
    return units


def _shown(units: Mapping[str, Mapping[str, str]]) -> list[Unit]:
    return [
        Unit(
            name,
            "RUNNING"
            if shown.get("ActiveState") == "active"
            else shown.get("ActiveState", "").upper(),
            int(shown.get("MainPID", "0")) or None,
            shown.get("UnitFileState") in ("enabled", "static", "linked", "generated"),
        )
        for name, shown in units.items()
    ]
