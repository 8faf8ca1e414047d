"""What the probe script printed, taken apart: plain records, nothing judged yet."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FIELDS = {"clock": 1, "boot": 2, "process": 4, "file": 3, "loaded": 3, "installed": 2, "unit": 3}
FIELDS |= {"tool": 1, "show": 2, "free": 1, "ticks": 3, "names": 2, "digest": 2, "call": 2}
FIELDS |= {"python": 1, "room": 1, "memory": 1, "named": 4, "venv": 1}
START_TICKS = 19  # field 22 of /proc/PID/stat, counted from the one behind the name
PARENT = 1
WHOLE_SECONDS = 2.0  # btime is told in these, and rounded
STOPPED = "/zz-ceilift-stopped.conf"  # the drop-in of services/systemd: no start meets it


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
    """A file's text, which may hold secrets, and when it was last changed (epoch seconds)."""

    text: str = field(repr=False)
    changed: float


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as its process manager tells it; `pid` is the main process while it runs.

    `enabled` is false while its start is prevented, by us or by a mask; whether it is enabled at
    boot is the operator's business and never changed.
    """

    name: str
    state: str
    pid: int | None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Everything one look at a host brought back.

    `installed` maps a release folder to the release in it; `loaded` a site-packages folder to
    its release and when that was installed; `shown` are systemd's properties of each unit.
    `polled` maps the file of a polling agent's unit to the moments (epoch seconds by the host's
    clock) of the latest log lines that say that it polls.

    Where the operator's files were looked at: `names` are configuration files without the values,
    `digests` of other files (SHA-256), `calls` pairs of a file and a program that it calls,
    `named` what options name (option, path, what is there, SHA-256);
    `python` is the path of the interpreter for environments, `venv` whether it makes any (yes, no).
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
    polled: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[tuple[str, str], ...] = ()
    named: tuple[tuple[str, str, str, str], ...] = ()
    python: str = ""
    venv: str = ""
    install_free_bytes: int | None = None
    memory_available_bytes: int | None = None


def parse(text: str) -> Records:
    """Take the probe's output apart.

    Left out: lines of an unknown kind, and those cut short because what they tell of (a process, a
    file) went away while it was looked at.
    """
    rows = _rows(text)
    boot, ticks = (float(value or 0) for value in (rows.get("boot") or [["0", "100"]])[0][:2])
    clock = rows.get("clock")
    boot = _booted(clock[0], boot) if clock else boot
    shown = _properties(rows.get("show", []))
    return Records(
        clock=float(clock[0][0]) if clock else None,
        processes=tuple(_process(row, boot, ticks or 100.0) for row in rows.get("process", [])),
        files={row[0]: _file(row) for row in rows.get("file", [])},
        units=(*(_supervised(row) for row in rows.get("unit", [])), *_shown(shown)),
        shown=shown,
        installed={row[0]: version_of(row[1]) for row in rows.get("installed", [])},
        loaded={row[0]: (version_of(row[1]), float(row[2])) for row in rows.get("loaded", [])},
        tools=tuple(row[0] for row in rows.get("tool", [])),
        free_bytes=_bytes(rows, "free"),
        polled={row[0]: _moments(row[1], row[2]) for row in rows.get("ticks", [])},
        names={row[0]: _decoded(row[1]) for row in rows.get("names", [])},
        digests={row[0]: row[1] for row in rows.get("digest", [])},
        calls=tuple((row[0], row[1]) for row in rows.get("call", [])),
        named=tuple((row[0], row[1], row[2], row[3]) for row in rows.get("named", [])),
        python=rows.get("python", [[""]])[0][0],
        venv=rows.get("venv", [[""]])[0][0],
        install_free_bytes=_bytes(rows, "room"),
        memory_available_bytes=_bytes(rows, "memory"),
    )


def _rows(text: str) -> dict[str, list[list[str]]]:
    rows: dict[str, list[list[str]]] = {}
    for line in text.split("\n"):  # not splitlines: a process title may hold its other separators
        kind, *fields = line.split("\t")
        if len(fields) >= FIELDS.get(kind, 0) and _is_whole(kind, fields):
            rows.setdefault(kind, []).append(fields)
    return rows


def _is_whole(kind: str, fields: list[str]) -> bool:
    if kind == "process":
        return len(fields[1].split()) > START_TICKS
    if kind in {"file", "loaded"}:
        return bool(fields[2])
    return kind != "clock" or bool(fields[0])


def version_of(metadata_folder: str) -> str:
    """The version in the name of a dist-info or egg-info folder: ceilometer-9.0.7.dist-info."""
    return (
        metadata_folder.removeprefix("ceilometer-")
        .split("-")[0]
        .removesuffix(".dist")
        .removesuffix(".egg")
    )


def _booted(clock: list[str], told: float) -> float:
    """When the host booted, to the hundredth: the kernel tells whole seconds (btime of /proc/stat).

    Where clock and uptime say something else, the uptime is that of a container, whose processes
    are told by the kernel's own start.
    """
    exact = float(clock[0]) - float(clock[1]) if len(clock) > 1 and clock[1] else told
    return exact if abs(exact - told) <= WHOLE_SECONDS else told


def _process(row: list[str], boot: float, ticks: float) -> Process:
    pid, stat, loaded, title = row[0], row[1].split(), row[2], row[3]
    return Process(
        int(pid), int(stat[PARENT]), boot + float(stat[START_TICKS]) / ticks, loaded, title.strip()
    )


def _file(row: list[str]) -> File:
    return File(_decoded(row[1]), float(row[2]))


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")


def _bytes(rows: Mapping[str, list[list[str]]], kind: str) -> int | None:
    """What one record says in KiB; None where it is missing or says nothing."""
    said = rows.get(kind, [[""]])[0][0]
    return int(said) * 1024 if said.isdigit() else None


def _moments(zone: str, text: str) -> tuple[float, ...]:
    """Moments written as epoch seconds, or as oslo.log writes them: in the host's local time."""
    found = (_moment(word, zone) for word in text.split(",") if word)
    return tuple(moment for moment in found if moment is not None)


def _moment(word: str, zone: str) -> float | None:
    try:
        if " " in word:
            return datetime.strptime(f"{word}{zone}", "%Y-%m-%d %H:%M:%S.%f%z").timestamp()
        return float(word)
    except ValueError:
        return None


def _supervised(row: list[str]) -> Unit:
    name, state, rest = row[:3]
    words = rest.replace(",", " ").split()
    pid = int(words[1]) if len(words) > 1 and words[0] == "pid" and words[1].isdigit() else None
    return Unit(name.split(":")[-1], state, pid)


def _properties(rows: list[list[str]]) -> dict[str, dict[str, str]]:
    units: dict[str, dict[str, str]] = {}
    for name, *rest in rows:
        line = "\t".join(rest)
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
            int(shown.get("MainPID", "")) or None if shown.get("MainPID", "").isdigit() else None,
            STOPPED not in shown.get("DropInPaths", "") and shown.get("LoadState") != "masked",
        )
        for name, shown in units.items()
    ]
