"""The lab's answers, as text and as plain data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import database, overseer, readiness, traffic
from lab.accountant import Account, Polls
from lab.clouds import Host, Role
from lab.errors import LabError
from lab.rpc import RUNNING, Supervisor
from lab.settings import Lab

_OK = 200
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised program, and for Ceilometer the release its file names."""

    host: str
    name: str
    state: str
    release: str


@dataclass(frozen=True, slots=True)
class Status:
    """The lab at this moment."""

    programs: tuple[Program, ...]
    silent_targets: tuple[str, ...]
    api: dict[str, int]
    traffic: traffic.Summary
    sending: bool

    @property
    def healthy(self) -> bool:
        """Whether all runs, every target was polled lately and the API answers."""
        runs = all(program.state == RUNNING for program in self.programs)
        answers = all(status == _OK for status in self.api.values())
        return bool(self.programs) and runs and answers and not self.silent_targets

    def plain(self) -> dict[str, Any]:
        """The same as data for JSON."""
        return dataclasses.asdict(self) | {"healthy": self.healthy}

    def text(self) -> str:
        """The same for a person."""
        lines = [f"{p.host:6} {p.name:32} {p.state:10} {p.release}" for p in self.programs]
        lines += [f"{host:6} {'/v2/meters':32} {status}" for host, status in self.api.items()]
        silent = " ".join(self.silent_targets) or "none"
        lines.append(f"targets without fresh samples: {silent}")
        lines.append(f"traffic {'runs' if self.sending else 'stopped'}: {_sent(self.traffic)}")
        lines.append("healthy" if self.healthy else "NOT healthy")
        return "\n".join(lines)


def status(lab: Lab) -> Status:
    """Look at everything; what does not answer is reported as down."""
    return Status(
        programs=(*_own_programs(lab), *(p for host in lab.hosts for p in _programs(lab, host))),
        silent_targets=_silent(lab),
        api={host.name: readiness.api_status(host, within=5) for host in lab.api_hosts},
        traffic=traffic.summary(lab.sent_log),
        sending=traffic.running(lab),
    )


def traffic_text(lab: Lab) -> str:
    """One line about the generator."""
    state = "runs" if traffic.running(lab) else "stopped"
    return f"traffic {state}: {_sent(traffic.summary(lab.sent_log))}"


def account_text(found: Account) -> str:
    """The account as an operator reads it."""
    sent = f"{found.sent} ({found.sent_rate}/s, longest gap {found.sent_longest_gap_s} s)"
    lines = [
        f"sent {sent}, stored {found.stored}",
        f"missing {_some(found.missing)}, twice {_some(found.twice)}",
    ]
    if found.not_in_log:
        lines.append(f"stored but not in the log: {_some(found.not_in_log)}")
    lines.append(f"{'meter':24} {'resource':12} {'polls':>5} {'gap s':>7} missed doubled")
    lines += [_polls_text(polls) for polls in found.polls]
    return "\n".join(lines)


def _polls_text(polls: Polls) -> str:
    what = f"{polls.meter:24} {polls.resource:12} {polls.found:5}"
    return f"{what} {polls.longest_gap_s:7.2f} {polls.missed:6} {polls.doubled:7}"


def _some(values: tuple[object, ...]) -> str:
    listed = " ".join(str(value) for value in values[:_LISTED])
    more = " …" if len(values) > _LISTED else ""
    return f"{len(values)} ({listed}{more})" if values else "none"


def _sent(said: traffic.Summary) -> str:
    return f"{said.count} sent, {said.rate:.1f}/s, longest gap {said.longest_gap_s:.3f} s"


def _silent(lab: Lab) -> tuple[str, ...]:
    try:
        return tuple(readiness.silent_targets(lab, readiness.lately(lab)))
    except database.UNREACHABLE:
        return ("all: the database does not answer",)


def _own_programs(lab: Lab) -> list[Program]:
    try:
        states = overseer.overseer(lab).states()
    except LabError:
        return [Program("lab", "supervisord", "DOWN", "")]
    wanted = {name: state for name, state in states.items() if name != traffic.NAME}
    return [Program("lab", name, state, "") for name, state in wanted.items()]


def _programs(lab: Lab, host: Host) -> list[Program]:
    try:
        states = Supervisor(lab.supervisor_socket(host)).states()
    except LabError:
        return [Program(host.name, "supervisord", "DOWN", "")]
    return [Program(host.name, n, state, _release(lab, host, n)) for n, state in states.items()]


def _release(lab: Lab, host: Host, name: str) -> str:
    """The release that the program's file (for the API, the site's) names."""
    path = lab.program(host, name)
    if name.endswith(f"-{Role.API}"):
        path = lab.host(host) / "etc" / "ceilometer" / "app.wsgi"
    return _after(path, "/opt/ceilometer/")


def _after(path: Path, word: str) -> str:
    text = path.read_text() if path.is_file() else ""
    return text.partition(word)[2].split("/")[0].split()[0] if word in text else "?"
