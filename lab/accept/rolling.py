"""One rolling upgrade of the lab under traffic, and the figures it is judged by."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from lab import accountant, readiness, traffic
from lab.accept import product
from lab.accept.checks import Checks
from lab.clouds import METERS
from lab.errors import TimeUpError
from lab.progress import Progress
from lab.settings import Lab
from lab.waiting import until

RATE = 20.0
BEFORE_INTERVALS, SHORT_BEFORE = 5, 3  # the account begins three intervals before the first step


@dataclass(frozen=True, slots=True)
class Rolled:
    """How a rolling upgrade ended, by the product and by the lab's own accountant."""

    name: str
    code: int
    plan: dict[str, Any]
    report: dict[str, Any]
    account: accountant.Account

    @property
    def foretold(self) -> int:
        """Polls that the plan said would be doubled."""
        losses = (stage["expected_loss"] for stage in self.plan["stages"])
        return sum(loss["doubled_in_all"] or 0 for loss in losses)

    def figure(self, name: str) -> int:
        """Missed or doubled polls by the product's account; -1 without one."""
        account = self.report.get("account")
        if not account:
            return -1
        series = account["series"]
        if name == "doubled":
            return sum(len(item["doubles"]) for item in series)
        return sum(gap["missed"] for item in series for gap in item["gaps"])

    @property
    def due(self) -> int:
        """Polls that were due in the accounted time."""
        account = self.report.get("account") or {"series": []}
        return sum(
            round((account["until"] - account["since"]) / item["interval_s"])
            for item in account["series"]
        )

    @property
    def longest_gap_s(self) -> float:
        """The longest time between two polls of one series."""
        account = self.report.get("account") or {"series": []}
        return round(max((s["longest_gap_s"] for s in account["series"]), default=0.0), 1)

    def row(self) -> str:
        """One line of the table of scenarios."""
        found = self.account
        return (
            f"{self.name:34} {found.sent:6} {found.stored:6} {len(found.missing):4} "
            f"{len(found.twice):4} {self.due:6} {self.figure('missed'):6} "
            f"{self.figure('doubled'):7} {self.foretold:8} {self.longest_gap_s:7}"
        )


HEAD = (
    f"{'scenario':34} {'sent':>6} {'stored':>6} {'miss':>4} {'2x':>4} {'due':>6} "
    f"{'missed':>6} {'doubled':>7} {'foretold':>8} {'gap s':>7}"
)


def settle(lab: Lab, progress: Progress, *, short: bool) -> None:
    """Traffic, and enough polls of every target to learn the intervals from."""
    intervals = SHORT_BEFORE if short else BEFORE_INTERVALS
    traffic.start(lab, RATE)
    begun = readiness.now()
    progress.say(f"waiting for {intervals} polls of every target")

    def polled() -> bool:
        found = accountant.accounted(lab, since=begun).polls
        enough = [item for item in found if item.found >= intervals]
        return len(enough) == len(lab.cloud.targets) * len(METERS)

    within = (intervals + 3) * lab.cloud.interval_s
    until(polled, "every target polled", within, every=1)


def rolled(lab: Lab, name: str, progress: Progress, *more: str, path: str = "partial") -> Rolled:
    """Plan, approve, upgrade; then let what was sent be stored."""
    begun = readiness.now()
    made = product.plan(lab, lab.cloud.new, *more, path=path)
    progress.say(f"{name}: plan {made['hash']}")
    said = product.upgrade(lab, lab.cloud.new, made["hash"], *more, path=path)
    before = readiness.now()
    traffic.stop(lab)

    def look() -> accountant.Account:
        return accountant.accounted(lab, before=before, since=begun)

    with contextlib.suppress(TimeUpError):
        until(lambda: look().complete, "every notification stored", 60, every=1)
    report = json.loads(said.stdout) if said.stdout.strip() else {}
    return Rolled(name, said.code, made, report, look())


def demand(checks: Checks, ran: Rolled, *, doubled_most: int | None = None) -> None:
    """All of it at the target; and what `demand_kept` demands."""
    now = [line["now"] for line in ran.report.get("hosts", []) if line["now"]]
    to = ran.plan["to"]
    checks.demand(f"{ran.name}: on {to}", bool(now) and set(now) == {to}, f"{len(now)} agents")
    demand_kept(checks, ran, doubled_most=doubled_most)


def demand_kept(checks: Checks, ran: Rolled, *, doubled_most: int | None = None) -> None:
    """Done; every notification once; no poll missed; doubled at most as foretold (or as given)."""
    checks.demand(f"{ran.name}: exit code", ran.code == 0, ran.code)
    found = ran.account
    checks.demand(f"{ran.name}: missing", not found.missing, len(found.missing))
    checks.demand(f"{ran.name}: twice", not found.twice, len(found.twice))
    missed, doubled = ran.figure("missed"), ran.figure("doubled")
    most = ran.foretold if doubled_most is None else doubled_most
    checks.demand_time(f"{ran.name}: polls missed", missed == 0, f"{missed} of {ran.due}")
    checks.demand_time(f"{ran.name}: doubled", 0 <= doubled <= most, f"{doubled} of {most}")
    bound = 1.5 * max(doubled, 0) + 1
    checks.demand_time(f"{ran.name}: foretold", ran.foretold <= bound, f"{ran.foretold} of {bound}")
