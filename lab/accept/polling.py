"""The polling pause of each resource, against what the catalogue says it must take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ceilift.component import Component
from ceilift.release import Release, load_catalogue
from lab.clouds import HOSTS, POLL_INTERVAL_S

SLACK = 1.25


@dataclass(frozen=True, slots=True)
class Bound:
    """One resource: its longest gap, what the plan foretold, and what is allowed (seconds)."""

    resource: str
    host: str
    first: bool
    gap_s: float
    foretold_s: float
    allowed_s: float

    @property
    def met(self) -> bool:
        """Whether it stayed within what is allowed."""
        return self.gap_s <= self.allowed_s

    def __str__(self) -> str:
        which = "first agent" if self.first else "another agent"
        return (
            f"{self.resource} ({self.host}, {which}): longest gap {self.gap_s:.1f} s, "
            f"the plan foretold up to {self.foretold_s:.1f} s, allowed {self.allowed_s:.1f} s"
        )


def polling_bounds(plan: dict[str, Any], report: dict[str, Any], gate_s: float) -> list[Bound]:
    """The pause of every polled resource in the report's account.

    `gate_s` is how long the first agent's gate took, for which all others wait.
    """
    old, new = plan["from"][-1], plan["to"]
    first = next(
        (gate["targets"][0]["host"] for gate in plan["gates"] if "/first/" in gate["id"]), ""
    )
    foretold = next(
        (
            stage["expected_loss"]["longest_gap_s"]
            for stage in plan["stages"]
            if stage["name"] == "polling"
        ),
        0.0,
    )
    gaps = _longest_gaps(report)
    polls = {target: host.name for host in HOSTS for target in host.targets}
    pause = _pause(load_catalogue().releases[old], load_catalogue().releases[new])
    return [
        Bound(
            resource,
            polls[resource],
            polls[resource] == first,
            gap,
            foretold,
            SLACK * (pause if polls[resource] == first else pause + gate_s),
        )
        for resource, gap in sorted(gaps.items())
        if resource in polls
    ]


def _pause(old: Release, new: Release) -> float:
    """Stop, start, and the intervals until the first poll, by the catalogue."""
    stop = old.timing.stop_s.value[Component.POLLING]
    start = new.timing.start_s.value[Component.POLLING]
    return stop + start + new.first_poll_intervals(coordinated=True) * POLL_INTERVAL_S


def _longest_gaps(report: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    account = report.get("account") or {}
    for series in account.get("series", []):
        gaps = [gap["end"] - gap["start"] for gap in series["gaps"]]
        if gaps:
            resource = series["resource"]
            found[resource] = max(*gaps, found.get(resource, 0.0))
    return found
