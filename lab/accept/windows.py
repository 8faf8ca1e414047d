"""An upgrade over two windows: the first closes during the run, the next one finishes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from lab import traffic
from lab.accept import product
from lab.accept.checks import Checks
from lab.accept.rolling import RATE
from lab.clouds import Cloud
from lab.progress import Progress
from lab.readiness import now
from lab.settings import Lab

OPEN_MIN, CUTOFF_MIN, PAUSE_MIN, SECOND_MIN = 3, 1, 1, 30
PAUSED = 4


@dataclass(frozen=True, slots=True)
class TwoWindows:
    """An inventory of the lab with two windows, each of which opens once."""

    file: Path
    first: datetime
    second: datetime

    @property
    def closed(self) -> datetime:
        """The end of the first one."""
        return self.first + timedelta(minutes=OPEN_MIN)


def two_windows(lab: Lab, **more: object) -> TwoWindows:
    """The first opens with the next minute but one, the second a minute after it has closed.

    `more` are other fields of the inventory.
    """
    this_minute = datetime.fromtimestamp(now() // 60 * 60, UTC)
    first = this_minute + timedelta(minutes=2)
    second = first + timedelta(minutes=OPEN_MIN + PAUSE_MIN)
    data = {**yaml.safe_load(lab.inventory.read_text(encoding="utf-8")), **more}
    data["windows"] = [
        {**_once("first", first), "duration_min": OPEN_MIN, "cutoff_min": CUTOFF_MIN},
        {**_once("second", second), "duration_min": SECOND_MIN},
    ]
    file = lab.root / "lab-windows.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    return TwoWindows(file, first, second)


def over_two_windows(lab: Lab, cloud: Cloud, checks: Checks, progress: Progress) -> None:
    """Wait for the first window, be cut by it, go on in the second; agents run in between."""
    traffic.start(lab, RATE)
    windows = two_windows(lab)
    where = ("--inventory", str(windows.file), "--to", cloud.new)
    wish = (*where, "--path", "partial", "--only", "collector,notification,polling")
    plan = product.ceilift("plan", *wish, "--format", "json").json()
    approved = (*wish, "--approve", plan["hash"])
    outside = product.ceilift("upgrade", *approved, "--format", "json")
    checks.demand("outside the window refused", outside.code == 3, outside.code)  # noqa: PLR2004
    progress.say(f"waiting for the window that opens at {windows.first:%H:%M} UTC")
    cut = product.ceilift("upgrade", *approved, "--wait", "--format", "json")
    ended = datetime.fromtimestamp(now(), UTC)
    checks.demand("cut: exit code", cut.code == PAUSED, cut.code)
    checks.demand("cut before the window closed", ended <= windows.closed, f"{ended:%H:%M:%S}")
    lines = _report(cut).get("hosts", [])
    away = [f"{one['component']} on {one['host']}" for one in lines if not one["now"]]
    told = f"{len(lines)} agents; away: {', '.join(away) or 'none'}"
    checks.demand("all agents run between windows", bool(lines) and not away, told)
    mixed = {one["now"] for one in lines}
    checks.demand("some at the target then", cloud.new in mixed, ", ".join(sorted(mixed)))
    rest = product.ceilift("resume", "-i", str(windows.file), "--wait", "--format", "json")
    checks.demand("the next window finishes it", rest.code == 0, rest.code)
    hosts = {line["now"] for line in _report(rest).get("hosts", []) if line["component"] != "api"}
    checks.demand("everything at the target", hosts == {cloud.new}, ", ".join(map(str, hosts)))
    traffic.stop(lab)


def _once(name: str, start: datetime) -> dict[str, Any]:
    return {"name": name, "rrule": f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:FREQ=DAILY;COUNT=1"}


def _report(said: product.Said) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said.stdout) if said.stdout.strip() else {}
    return found
