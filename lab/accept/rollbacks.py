"""Upgrades that are taken back, done or killed half-way: everything runs again as it did."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ceilift.ledger.store import Ledger
from lab import accountant, cloud, traffic
from lab.accept import product
from lab.accept.bed import bed
from lab.accept.checks import Checks
from lab.accept.rolling import settle
from lab.accept.sinks import changed_pipeline
from lab.clouds import Cloud, CloudName, cloud_named
from lab.errors import LabError, TimeUpError
from lab.nspawn import commands
from lab.nspawn.namespace import entered
from lab.nspawn.place import CLASSIC as CLASSIC_HOSTS
from lab.nspawn.place import the_nspawn
from lab.progress import Progress
from lab.settings import Lab, the_lab
from lab.waiting import until

CLASSIC = cloud_named(CloudName.CLASSIC)
COORDINATED = cloud_named(CloudName.COORDINATED)
PARTITIONED = cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7", partitioned=True)
CONSUMERS = ("--only", "collector,notification")
AT_WORK_S, CARRIED_OUT_S, LEASE_S = 600, 900, 180
KEPT = ("release", "defined_release", "restart")  # of an agent, beside the digests of its files
DIGESTS = ("config_digest", "pipeline_digest", "event_pipeline_digest", "polling_digest")
Agents = Mapping[tuple[str, str, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """One upgrade and its way back; `killed_at` is the node at whose intent its process dies.

    `interrupted`: it is asked to stop then, as by Ctrl-C, and goes on to its next safe point.
    `systemd`: on nspawn hosts, over their network, as a login without root.
    """

    name: str
    cloud: Cloud
    path: str
    more: tuple[str, ...] = ()
    killed_at: str = ""
    new_pipeline: bool = False
    interrupted: bool = False
    in_short: bool = False
    systemd: bool = False


CASES = (
    Case("full, first agent starts", CLASSIC, "full", killed_at="polling/start/", in_short=True),
    Case("full, done", CLASSIC, "full"),
    Case("full, collectors start", CLASSIC, "full", killed_at="collector/start/"),
    Case("full, notification stops", CLASSIC, "full", killed_at="notification/stop/"),
    Case("partial, done", COORDINATED, "partial", in_short=True),
    Case("partial, second agent stops", COORDINATED, "partial", killed_at="polling/stop/ctl2"),
    Case(
        "partial, interrupted", COORDINATED, "partial", killed_at="polling/stop/", interrupted=True
    ),
    Case(
        "partial, pipeline reloads",
        PARTITIONED,
        "partial",
        CONSUMERS,
        "notification/reload",
        new_pipeline=True,
    ),
    Case("partial, pipeline done", PARTITIONED, "partial", CONSUMERS, new_pipeline=True),
    Case("systemd, full, done", CLASSIC, "full", systemd=True),
    Case("systemd, partial, done", CLASSIC, "partial", systemd=True),
)


@dataclass
class Undoing:
    """One case on the lab."""

    case: Case
    checks: Checks
    progress: Progress

    def play(self) -> str:
        """Upgrade under traffic, take it back under traffic, compare; gives the table's line."""
        with self._bed() as lab:
            return self._play(lab)

    def _play(self, lab: Lab) -> str:
        settle(lab, self.progress, short=True)
        before = agents(lab)
        self._upgraded(lab)
        self._taken_back(lab)
        differs = differences(before, agents(lab))
        self._demand("as before", not differs, "; ".join(differs) or f"{len(before)} agents")
        found = self._account(lab)
        return (
            f"{self.case.name:30} {found.sent:6} {found.stored:6} {len(found.missing):4} "
            f"{len(found.twice):4} {len(differs):7}"
        )

    @contextlib.contextmanager
    def _bed(self) -> Iterator[Lab]:
        """The cloud on its first release; this thread and its commands see the hosts' network."""
        if not self.case.systemd:
            yield bed(self.case.cloud, self.progress, polls=1)
            return
        cloud.down(the_lab(), self.progress, purge=False)
        place = the_nspawn(kind=CLASSIC_HOSTS)
        try:
            commands.up(0, CLASSIC_HOSTS)
            commands.reset()
            with entered(place.control):
                yield place.lab
        finally:
            commands.down(purge=False)

    def _upgraded(self, lab: Lab) -> None:
        more = [*self.case.more]
        if self.case.new_pipeline:
            more += ["--new-pipeline", str(changed_pipeline(lab))]
        made = product.plan(lab, lab.cloud.new, *more, path=self.case.path)
        self.progress.say(f"{self.case.name}: plan {made['hash']}")
        if not self.case.killed_at:
            said = product.upgrade(lab, lab.cloud.new, made["hash"], *more, path=self.case.path)
            self._demand("upgraded", said.code == 0, said.code)
            if not more:
                now = [one["release"] for one in agents(lab).values()]
                on = f"{now.count(lab.cloud.new)} of {len(now)}"
                self._demand(f"on {lab.cloud.new}", set(now) == {lab.cloud.new}, on)
            return
        with started(lab, made["hash"], *more, path=self.case.path) as process:
            until(lambda: self._is_there(lab), f"intent {self.case.killed_at}", AT_WORK_S, 0.05)
            process.send_signal(signal.SIGINT if self.case.interrupted else signal.SIGKILL)
            code = process.wait(CARRIED_OUT_S)
        self.progress.say(f"{self.case.name}: ended with {code} at {self.case.killed_at}")
        if self.case.interrupted:
            self._demand_safe(lab, code)
        with _ledger(lab) as ledger:
            free = "the run's lease ends"
            until(lambda: ledger.leases.holder("lab") is None, free, LEASE_S, every=1)
            left = ledger.open_upgrade("lab")
        self._demand("left open", left is not None, left.state if left else "closed")

    def _demand_safe(self, lab: Lab, code: int) -> None:
        """Paused, and nothing is stopped without its successor."""
        self._demand("interrupted", code == 4, code)  # noqa: PLR2004 - paused
        idle = ["/".join(key) for key, one in agents(lab).items() if not one["release"]]
        self._demand("at a safe point", not idle, ", ".join(idle) or "every agent runs")

    def _is_there(self, lab: Lab) -> bool:
        with _ledger(lab) as ledger:
            found = ledger.open_upgrade("lab")
            nodes = ledger.intents(found.id) if found is not None else ()
        return any(one.node.startswith(self.case.killed_at) for one in nodes)

    def _taken_back(self, lab: Lab) -> None:
        """The plan as a script gets it, approved by its hash; what is unknown is looked at."""
        cloud = ("rollback", "--inventory", str(lab.inventory), "--format", "json")
        shown = product.ceilift(*cloud, within=90)
        made = shown.json()
        self._demand("nothing without an approval", shown.code == 4, shown.code)  # noqa: PLR2004
        said = product.ceilift(*cloud, "--approve", made["hash"], within=CARRIED_OUT_S)
        self._demand("rolled back", said.code == 0, said.code)
        with _ledger(lab) as ledger:
            newest, oldest = ledger.history("lab")[:2]
        told = f"{newest.outcome or 'open'} by {newest.id}, {oldest.outcome} of {oldest.id}"
        linked = newest.undoes == oldest.id and newest.outcome == "done"
        self._demand("in the history", linked, told)

    def _account(self, lab: Lab) -> accountant.Account:
        traffic.stop(lab)
        with contextlib.suppress(TimeUpError):
            until(lambda: accountant.accounted(lab).complete, "every notification stored", 60, 1)
        found = accountant.accounted(lab)
        self._demand("missing", not found.missing, f"{len(found.missing)} of {found.sent}")
        self._demand("twice", not found.twice, len(found.twice))
        return found

    def _demand(self, what: str, met: bool, figure: object) -> None:  # noqa: FBT001 - a verdict
        self.checks.demand(f"{self.case.name}: {what}", met, figure)


HEAD = f"{'taken back':30} {'sent':>6} {'stored':>6} {'miss':>4} {'2x':>4} {'differs':>7}"


def agents(lab: Lab) -> Agents:
    """What runs where, by the product's own look, as JSON."""
    said = product.ceilift(
        "preflight", "--inventory", str(lab.inventory), "--format", "json", within=90
    )
    if said.code != 0:
        msg = f"the lab could not be looked at: exit {said.code}"
        raise LabError(msg)
    found = (one for host in said.json()["hosts"] for one in host["instances"])
    return {(one["component"], one["host"], one["unit"]): one for one in found}


def differences(before: Agents, now: Agents) -> list[str]:
    """What is not as it was, in words: agents more or fewer, releases, restart, files."""
    said = [f"{'/'.join(key)} is gone" for key in before if key not in now]
    said += [f"{'/'.join(key)} was left" for key in now if key not in before]
    for key in before.keys() & now.keys():
        was, one = _kept(before[key]), _kept(now[key])
        said += [f"{'/'.join(key)}: {n} {was[n]}, now {one[n]}" for n in was if was[n] != one[n]]
    return sorted(said)


def _kept(agent: Mapping[str, Any]) -> dict[str, Any]:
    return {name: agent[name] for name in KEPT} | {n: agent["config"][n] for n in DIGESTS}


@contextlib.contextmanager
def started(lab: Lab, approve: str, *more: str, path: str) -> Iterator[subprocess.Popen[bytes]]:
    """The upgrade in a process of its own, ended at the latest when the block ends."""
    program = Path(sys.executable).with_name("ceilift")
    words = ("--inventory", str(lab.inventory), "--to", lab.cloud.new, "--path", path)
    log = (lab.root / "killed-upgrade.log").open("wb")
    process = subprocess.Popen(
        [program, "upgrade", *words, "--approve", approve, *more], stdout=log, stderr=log
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


@contextlib.contextmanager
def _ledger(lab: Lab) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{lab.ledger}")
    try:
        yield ledger
    finally:
        ledger.dispose()
