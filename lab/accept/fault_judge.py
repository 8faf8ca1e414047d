"""What came of a fault, held against what is really so: pure, so that it can be tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lab.accept.fault_points import stage_of
from lab.accept.kill_points import FULL
from lab.clouds import PROGRAMS, Role

NOT_REACHED = "not reached"
OVER = {0: "done", 1: "failed", 4: "paused"}  # exit codes of a run that had begun, and its report's
BUDGET = 1  # hosts of a stage that may fail on the partial path
_TRACEBACK = "Traceback (most recent call last)"
_WITHIN = "within its budget"

Agents = Mapping[tuple[str, str], tuple[str, ...]]
"""The releases of the agents that run, by host and component."""


class Outcome(StrEnum):
    """How a run may end that a fault has met, and, the last, how it may not."""

    HEALED = "healed by retry"
    STOPPED = "stopped, service kept"
    ASIDE = "set aside within the budget"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: exit code, report as JSON (empty: none), what it said, how long it took."""

    code: int
    report: Mapping[str, Any]
    said: str
    seconds: float

    @property
    def nodes(self) -> Sequence[Mapping[str, str]]:
        """What the report says of steps and gates."""
        found: Sequence[Mapping[str, str]] = self.report.get("nodes", ())
        return found


@dataclass(frozen=True, slots=True)
class Truth:
    """How everything is, asked past Ceilift.

    `seen`: what ran on each host and of each component while the report was made, every picture of
    it. `now`: what runs since. `broken`: the hosts that a fault holds still. `roles`: the hosts of
    each component. `log`: what was done to the hosts, `schema` the release of the schema.
    """

    seen: Sequence[Agents]
    now: Agents
    broken: frozenset[str]
    roles: Mapping[str, Sequence[str]]
    log: Counter[str] = field(default_factory=Counter)
    schema: str = ""


def outcome(end: End, wrong: Sequence[str]) -> Outcome:
    """Which it is; `wrong` is all that was not as it has to be."""
    if wrong:
        return Outcome.WRONG
    if end.code == 0:
        return Outcome.HEALED
    return Outcome.ASIDE if _WITHIN in end.said else Outcome.STOPPED


def wrongs(end: End, truth: Truth, path: str, target: str) -> list[str]:
    """In words, where exit code, report and services are not what they have to be."""
    if _TRACEBACK in end.said:
        return ["a traceback"]
    if end.code not in OVER:
        return [f"exit code {end.code}"]
    if end.report.get("outcome") != OVER[end.code]:
        return [f"exit code {end.code}, and the report says {end.report.get('outcome', 'nothing')}"]
    return [
        *_undone(end),
        *_untrue_releases(end.report, truth),
        *untrue_nodes(end.nodes, truth.log, truth.schema, target),
        *unserved(end.nodes, truth, path),
        *_beyond_budget(end),
    ]


def untrue_nodes(
    nodes: Sequence[Mapping[str, str]], log: Counter[str], schema: str, target: str
) -> Iterator[str]:
    """What is said to be done and was not, or not to be begun and was."""
    stood = {one["node"].split("/")[-1] for one in nodes if "/beside/" in one["node"]}
    for one in nodes:
        stage, _, rest = one["node"].partition("/")
        verb, _, host = rest.partition("/")
        was = None
        if one["node"] == "database/dbsync":
            was = schema == target if one["status"] == "done" else _any(log, f"dbsync {target}")
        elif one["node"] == "database/backup":
            was = _any(log, "dump")
        elif verb == "start" and host not in stood and stage in PROGRAMS:
            was = log[f"{host} started {PROGRAMS[Role(stage)]} {target}"] > 0
        if was is not None and (one["status"], was) in {("done", False), ("not started", True)}:
            yield f"{one['node']} is said to be {one['status']}, and that is not so"


def unserved(nodes: Sequence[Mapping[str, str]], truth: Truth, path: str) -> Iterator[str]:
    """The services that do not run although no fault and no step that was begun says why.

    On the full path the agents of a stage that is under way may be down: what they would have
    handled waits in the broker. On the partial path those may of a host whose steps are under way,
    but one of its kind has to run somewhere.
    """
    for kind, hosts in truth.roles.items():
        whole = [host for host in hosts if host not in truth.broken]
        away = [host for host in whole if not truth.now.get((host, kind))]
        mine = [one for one in nodes if stage_of(one["node"]) == kind]
        for host in away:
            about = mine if path == FULL else [one for one in mine if _is_about(one, host)]
            if not _is_under_way(about):
                yield f"no {kind} agent runs on {host}"
        if path != FULL and whole and away == whole:
            yield f"no {kind} agent runs on any host that is whole"


def _undone(end: End) -> Iterator[str]:
    """What is not done although the run says that all is; an end that tells no next command."""
    if end.code == 0:
        left = [one["node"] for one in end.nodes if one["status"] != "done"]
        yield from (f"done, and {node} is not" for node in left)
    elif not end.report.get("next_command"):
        yield "no next command is told"


def _untrue_releases(report: Mapping[str, Any], truth: Truth) -> Iterator[str]:
    told: dict[tuple[str, str], list[str]] = {}
    for line in report.get("hosts", ()):
        told.setdefault((line["host"], line["component"]), []).append(line["now"])
    for (host, component), lines in told.items():
        releases = tuple(sorted(one for one in lines if one))
        if NOT_REACHED in releases:
            continue
        pictures = {one.get((host, component), ()) for one in truth.seen}
        if releases not in pictures:
            really = " or ".join(sorted(", ".join(one) or "nothing" for one in pictures))
            said = ", ".join(releases) or "nothing"
            yield f"the report says that {component} on {host} runs {said}, and it runs {really}"


def _beyond_budget(end: End) -> Iterator[str]:
    """Where the budget is named, what failed has to be of one stage and of no more hosts."""
    if _WITHIN not in end.said:
        return
    failed = [one for one in end.nodes if one["status"] in {"failed", "unknown"}]
    hosts = {one["host"] for one in failed} - {""}
    stages = {stage_of(one["node"]) for one in failed}
    if len(stages) != 1 or not 1 <= len(hosts) <= BUDGET:
        yield f"within the budget, and {', '.join(sorted(hosts))} failed in {', '.join(stages)}"
        return
    for one in end.nodes:
        left = one["status"] == "not started" and stage_of(one["node"]) in stages
        if left and not any(_is_about(one, host) for host in hosts):
            yield f"within the budget, and {one['node']} was not started"


def _is_about(node: Mapping[str, str], host: str) -> bool:
    return node.get("host") == host or host in node["node"].split("/")


def _is_under_way(nodes: Sequence[Mapping[str, str]]) -> bool:
    """Whether something of them was begun, and not all is done."""
    statuses = {one["status"] for one in nodes}
    return bool(statuses - {"not started"}) and statuses != {"done"}


def _any(log: Counter[str], words: str) -> bool:
    return any(line.endswith(f" {words}") for line in log)
