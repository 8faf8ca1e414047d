"""Whether telemetry flows now: every poll of the last intervals accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ceilift.account import Account, SeriesAccount
from ceilift.clock import timestamp
from ceilift.cloud import Cloud
from ceilift.errors import DONE, FAILED, PAUSED
from ceilift.probe import observe_hosts
from ceilift.release import load_catalogue
from ceilift.state import CloudState
from tasks.account import configured_intervals, verify_now

EXIT_CODES = {"healthy": DONE, "unhealthy": FAILED, "inconclusive": PAUSED}


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict on the last intervals, and the account it rests on (None: nothing to judge)."""

    outcome: str
    headline: str
    account: Account | None

    @property
    def exit_code(self) -> int:
        """What a command that found this ends with."""
        return EXIT_CODES[self.outcome]

    def markdown(self) -> str:
        """The verdict, and a table of every series that is not as it should be."""
        lines = [f"# Telemetry: {self.outcome}", "", self.headline, ""]
        if self.account is None:
            return "\n".join(lines)
        titles = ("meter", "resource", "missed", "doubled", "sent twice", "longest gap")
        lines += [_row(titles), "|---" * len(titles) + "|"]
        lines += [_row(_cells(item)) for item in self.account.series if _is_odd(item)]
        return "\n".join(lines) + "\n"


def _is_odd(item: SeriesAccount) -> bool:
    return bool(item.missed or item.doubles or item.sent_twice)


def _cells(item: SeriesAccount) -> tuple[object, ...]:
    gap = max((gap.seconds for gap in item.gaps), default=0.0)
    counts = (item.missed, len(item.doubles), item.sent_twice)
    return (item.meter, item.resource, *counts, f"{gap:.1f} s")


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def verify_cloud(cloud: Cloud, *, intervals: int) -> Verified:
    """Account for the last `intervals` polling intervals of every series."""
    inventory = cloud.inventory
    hosts = observe_hosts(cloud.connections, inventory, tuple(load_catalogue().releases))
    configured = configured_intervals(CloudState(inventory.cloud, timestamp(), hosts))
    found = verify_now(cloud, configured, intervals=intervals)
    if found is None or not found.series:
        return Verified("inconclusive", "no polled series could be judged", found)
    figures = f"{len(found.series)} series over {found.until - found.since:.0f} s: "
    figures += f"{found.missed} polls missed, {found.doubled} doubled"
    figures += f", {found.sent_twice} messages stored twice"
    flows = not (found.missed or found.doubled or found.sent_twice)
    return Verified("healthy" if flows else "unhealthy", figures, found)
