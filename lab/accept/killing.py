"""One kill on one cloud of stand-ins: SIGKILL by pid from outside, then status, then resume."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from lab import processes
from lab.accept.kill_points import Moment, Point, Victim, lies, strange, unlike
from lab.errors import LabError
from lab.standin import life, records
from lab.standin.controller import Controller
from lab.standin.runs import Run
from lab.waiting import until

PATIENCE_S = 900.0  # for whatever has to come: a machine may be busy with several clouds
LOOK_S, ASKED_EVERY_S = 0.002, 5.0


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What an upgrade along one path does and leaves when nothing happens to it."""

    plan: str
    intents: tuple[tuple[str, str, int], ...]
    done: Counter[str]
    condition: dict[str, str]


@dataclass
class Played:
    """What came of one kill: faults in words, none where all was as it has to be."""

    point: Point
    faults: list[str] = field(default_factory=list)
    killed: bool = False
    by_itself: bool = False
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the process was killed at its moment, and every demand was met."""
        return self.killed and not self.faults

    @property
    def told(self) -> str:
        """What came of it, in words."""
        if self.good:
            return "by itself" if self.by_itself else "resumed"
        return ("" if self.killed else "not valid: ") + "; ".join(self.faults)


def undisturbed(controller: Controller, path: str) -> Undisturbed:
    """Upgrade along that path, and remember what was written, done and left."""
    standin = controller.standin
    life.renewed(standin)
    controller.serve()
    plan = controller.plan(path)
    with controller.upgrading(path, plan) as process:
        process.communicate(timeout=PATIENCE_S)
    if process.returncode != 0:
        raise LabError(f"an undisturbed {path} upgrade ended with {process.returncode}")
    intents = tuple((one.node, one.host, one.nth) for one in records.written(standin))
    return Undisturbed(plan, intents, records.done(standin), records.condition(standin))


@dataclass
class Killing:
    """Plays points on one cloud."""

    controller: Controller
    expected: Mapping[str, Undisturbed]

    def play(self, point: Point, *, bare: bool = False) -> Played:
        """Upgrade, kill, ask, resume, compare. What could not be played is a fault, too.

        `bare`: without Prefect's database, and when the lease has run out by itself. Where it does
        not come to the kill, nothing was tried: the point is not `killed`.
        """
        played = Played(point)
        try:
            life.renewed(self.controller.standin)
            self.controller.serve(worker=point.victim.deployed)
            self._killed(played)
            if records.is_open(self.controller.standin):
                self._lease_ends(by_itself=bare)
                self._status(played)
                if bare:
                    self.controller.forget_prefect()
                self._resumed(played)
            else:
                played.by_itself = True
            self._compared(played)
        except (LabError, subprocess.TimeoutExpired, OSError, ValueError) as error:
            played.faults.append(f"not played to its end: {error}")
        return played

    def _killed(self, played: Played) -> None:
        """The process is dead, and whatever it had begun on the hosts has ended."""
        if played.point.victim.deployed:
            self._killed_run(played)
        else:
            self._killed_terminal(played)
        settled = "what was begun on the hosts has ended"
        until(lambda: not self._scripts(), settled, PATIENCE_S)

    def _killed_terminal(self, played: Played) -> None:
        moment = played.point.moment
        with self.controller.upgrading(moment.path, self.expected[moment.path].plan) as process:
            self._reached(moment, lambda: process.poll() is not None)
            if played.point.victim is Victim.CONTROLLER:
                process.kill()
            else:
                self.controller.kill_server()
            played.killed = True
            process.communicate(timeout=PATIENCE_S)

    def _killed_run(self, played: Played) -> None:
        moment, victim = played.point.moment, played.point.victim
        run = Run.started(self.controller, moment.path, self.expected[moment.path].plan)
        self._reached(moment, run.ended)
        if victim is Victim.ENGINE:
            run.kill_engine()
        elif victim is Victim.WORKER:
            run.kill_worker()
        else:
            self.controller.kill_server()
        played.killed = True
        if victim is Victim.SERVER_OF_RUN:
            self.controller.serve(worker=True)  # as a process manager would
        run.await_end(PATIENCE_S)

    def _reached(self, moment: Moment, over: Callable[[], bool]) -> None:
        """Return at that moment; whether the upgrade is `over` is asked now and then only."""
        asked = monotonic()

        def missed() -> bool:
            nonlocal asked
            if monotonic() - asked < ASKED_EVERY_S:
                return False
            asked = monotonic()
            return over()

        with closing(records.Watched(self.controller.standin)) as ledger:

            def there() -> bool:
                rows = ledger.written()
                return any(moment.is_of(one.node, one.host, one.nth, one.status) for one in rows)

            until(lambda: there() or missed(), str(moment), PATIENCE_S, LOOK_S)
            if not there():
                raise LabError(f"the upgrade ended before it, see {self.controller.log}")

    def _scripts(self) -> set[int]:
        """The product's scripts that still run on the hosts."""
        standin = self.controller.standin
        return {pid for host in standin.hosts for pid in processes.scripts(standin.lab, host)}

    def _lease_ends(self, *, by_itself: bool) -> None:
        """The dead run holds the cloud no longer."""
        standin = self.controller.standin
        if by_itself:
            until(lambda: not records.is_held(standin), "the lease ends", PATIENCE_S, every=1)
        else:
            records.let_expire(standin)

    def _status(self, played: Played) -> None:
        """What `ceilift status` says of a run that is dead has to be what the ledger holds."""
        standin = self.controller.standin
        said = self.controller.ceilift("status", "--format", "json")
        if said.code != 0:
            played.faults.append(f"status ended with {said.code}")
            return
        told = {one["node"]: one["status"] for one in said.json()["nodes"]}
        rows = [(one.node, one.status) for one in records.written(standin)]
        played.faults += lies(told, rows, records.proven(standin))

    def _resumed(self, played: Played) -> None:
        said = self.controller.ceilift("resume", "--quiet", "--format", "json")
        if said.code != 0:
            last: Any = said.stderr.strip().splitlines()[-1:]
            played.faults.append(f"resume ended with {said.code}: {' '.join(last)}")
        elif records.is_open(self.controller.standin):
            played.faults.append("resumed, and still open")

    def _compared(self, played: Played) -> None:
        expected = self.expected[played.point.moment.path]
        standin = self.controller.standin
        more, less = strange(expected.done, records.done(standin))
        played.faults += [f"done again: {words}" for words in more]
        played.faults += [f"never done: {words}" for words in less]
        left = unlike(expected.condition, records.condition(standin))
        played.faults += [f"left otherwise: {words}" for words in left]
