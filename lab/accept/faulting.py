"""One fault on one cloud of nspawn hosts: an upgrade that meets it, its end, and the way on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from lab.accept.fault_bed import Bed, bed_of, renewed, settled, whole
from lab.accept.fault_judge import BUDGET, End, Outcome, Truth, outcome, unserved, wrongs
from lab.accept.fault_points import Point
from lab.accept.fault_truth import Pictures, agents, condition
from lab.accept.kill_points import PARTIAL, Moment, lies, unlike
from lab.accept.notices import Count, Notices, flowing, waiting
from lab.accept.product import Said
from lab.errors import LabError, TimeUpError
from lab.faults import in_force
from lab.nspawn import faults
from lab.progress import Progress
from lab.standin import records
from lab.standin.controller import Controller
from lab.standin.place import NEW
from lab.waiting import until

LATE_S = 300.0  # beyond what an undisturbed run takes: no fault may hold one up for longer
RESUMED_S = 600.0
BACK_S = 45.0  # until what systemd has to start again after a fault runs
FLOWING_S = 240.0
FORGETFUL = frozenset({"death", "reboot", "read-only", "disk-full", "oom"})
"""After these a host may not remember that a migration ended: it may be run again."""
_LOOK_S = 0.03
_POLICIES = tuple(
    word
    for kind in ("collector", "notification", "polling")
    for word in ("--policy", f"{kind}=failures={BUDGET}")
)


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What an upgrade along one path takes, writes and leaves when nothing happens to it."""

    plan: str
    seconds: float
    intents: tuple[tuple[str, str, int], ...]
    condition: dict[str, str]


@dataclass
class Played:
    """What came of one fault: the outcome, what was wrong in words, and what became of messages.

    `waited`: how many were in the broker when the run had ended.
    """

    point: Point
    outcome: Outcome = Outcome.WRONG
    wrong: list[str] = field(default_factory=list)
    count: Count = Count(0, 0)  # noqa: RUF009 - frozen
    waited: int = 0
    seconds: float = 0.0


def undisturbed(controller: Controller, path: str, progress: Progress) -> Undisturbed:
    """Upgrade along that path, and remember what was written and left, and how long it took."""
    bed = bed_of(controller)
    renewed(bed, progress)
    said = controller.ceilift("plan", *_words(path), "--format", "json")
    plan, began = str(said.json()["hash"]), monotonic()
    ended = _upgraded(controller, path, plan, RESUMED_S)
    if ended.code != 0:
        raise LabError(f"an undisturbed {path} upgrade ended with {ended.code}: {ended.stderr}")
    intents = tuple((one.node, one.host, one.nth) for one in records.written(bed))
    return Undisturbed(plan, monotonic() - began, intents, condition(bed))


@dataclass
class Faulting:
    """Plays points on one cloud."""

    controller: Controller
    expected: Mapping[str, Undisturbed]
    progress: Progress

    @property
    def bed(self) -> Bed:
        """The cloud."""
        return bed_of(self.controller)

    def play(self, point: Point) -> Played:
        """Upgrade, break, mend, ask, resume, compare, count. What could not be played is wrong."""
        played, began = Played(point), monotonic()
        try:
            renewed(self.bed, self.progress)
            notices = Notices(self.bed)
            with notices.sent():
                self._met(played)
                whole(self.bed)
                flowing(self.bed, FLOWING_S)
                if self._resumed(played):
                    self._compared(played)
            played.count = notices.counted()
        except (LabError, subprocess.TimeoutExpired, OSError, ValueError) as error:
            played.wrong.append(f"not played to its end: {error}")
        if played.wrong or played.count.lost:
            played.outcome = Outcome.WRONG
        played.seconds = monotonic() - began
        return played

    def _met(self, played: Played) -> None:
        """The run meets its fault and ends; then what it says is held against what is so."""
        point, pictures = played.point, Pictures(self.bed)
        expected = self.expected[point.path]
        began, deadline = monotonic(), expected.seconds + LATE_S
        with pictures.taken(), ThreadPoolExecutor(1) as pool:
            run = pool.submit(_upgraded, self.controller, point.path, expected.plan, deadline)
            self._reached(point.moment, run.done)
            faults.inflict(self.bed, point.fault, point.host)
            if point.lasts_s is not None:
                wait([run], timeout=point.lasts_s)
                self._mend(point)
            said = run.result()
        end = _end(said, monotonic() - began)
        played.waited = waiting(self.bed)
        if end.seconds > deadline:
            played.wrong.append(f"did not end within {deadline:.0f} s")
            records.let_expire(self.bed)
            return
        truth = self._truth(pictures, end, point)
        played.wrong += wrongs(end, truth, point.path, NEW)
        played.wrong += self._untrue_status(end)
        played.outcome = outcome(end, played.wrong)

    def _reached(self, moment: Moment, over: Callable[[], bool]) -> None:
        """Return at that moment; TimeUpError when the upgrade ended before."""

        def there() -> bool:
            for one in records.written(self.bed):
                if (one.node, one.host, one.nth) == (moment.node, moment.host, moment.nth):
                    return bool(one.status) or not moment.after
            return False

        until(lambda: there() or over(), str(moment), RESUMED_S, _LOOK_S)
        if not there():
            raise TimeUpError(f"the upgrade ended before {moment}")

    def _mend(self, point: Point) -> None:
        host = self.bed.named(point.host)
        faults.mend(self.bed, point.fault, point.host)
        settled(self.bed, host)

    def _truth(self, pictures: Pictures, end: End, point: Point) -> Truth:
        """How everything is, once systemd had the time to bring back what a fault has ended."""
        bed = self.bed

        def now() -> Truth:
            return Truth(
                pictures.while_reported(),
                agents(bed),
                frozenset(in_force(bed.lab)),
                bed.roles,
                records.done(bed),
                (bed.records / "schema").read_text(encoding="utf-8"),
            )

        def back() -> Truth | None:
            found = now()
            return None if any(unserved(end.nodes, found, point.path)) else found

        with suppress(TimeUpError):
            return until(back, "services are back", BACK_S, every=1)
        return now()

    def _untrue_status(self, end: End) -> list[str]:
        """Where `ceilift status`, asked beside the fault, is not what the ledger holds."""
        said = self.controller.ceilift("status", "--format", "json", within=120)
        if said.code != 0:
            return [f"status ended with {said.code}"]
        found = said.json()
        if (found["upgrade"] is None) != (end.code == 0):
            return [f"status says that upgrade {found['upgrade']} is open"]
        told = {one["node"]: one["status"] for one in found.get("nodes", ())}
        rows = [(one.node, one.status) for one in records.written(self.bed)]
        reported = {one["node"]: one["status"] for one in end.nodes} if told else {}
        return [
            *lies(told, rows, records.proven(self.bed)),
            *(f"status and report differ: {words}" for words in unlike(reported, told)),
        ]

    def _resumed(self, played: Played) -> bool:
        """Whether it is at its end, by itself or by `ceilift resume`."""
        if not records.is_open(self.bed):
            return True
        said = self.controller.ceilift("resume", "--quiet", "--format", "json", within=RESUMED_S)
        if said.code != 0:
            last = " ".join(said.stderr.strip().splitlines()[-2:])
            played.wrong.append(f"resume ended with {said.code}: {last}")
        elif records.is_open(self.bed):
            played.wrong.append("resumed, and still open")
        return said.code == 0

    def _compared(self, played: Played) -> None:
        wanted, done = self.expected[played.point.path].condition, records.done(self.bed)

        def same() -> bool:
            return not unlike(wanted, condition(self.bed))

        with suppress(TimeUpError):
            until(same, "all is as after an undisturbed upgrade", BACK_S, every=2)
        left = unlike(wanted, condition(self.bed))
        played.wrong += [f"left otherwise: {words}" for words in left]
        migrated = sum(times for words, times in done.items() if "dbsync-ended" in words)
        if migrated != 1 and not (migrated and played.point.fault in FORGETFUL):
            played.wrong.append(f"migrated {migrated} times")


def _upgraded(controller: Controller, path: str, plan: str, within: float) -> Said:
    words = ("upgrade", *_words(path), "--approve", plan, "--quiet", "--format", "json")
    return controller.ceilift(*words, within=within)


def _words(path: str) -> tuple[str, ...]:
    policies = _POLICIES if path == PARTIAL else ()
    return ("--to", NEW, "--path", path, *policies)


def _end(said: Said, seconds: float) -> End:
    try:
        report: dict[str, Any] = json.loads(said.stdout)
    except ValueError:
        report = {}
    return End(said.code, report, said.stderr, seconds)
