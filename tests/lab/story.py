"""An upgrade on its way through failures: how it is resumed, waited for and accounted for."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ceilift.errors import PAUSED
from tests.lab.driving import Bench, Ran


@dataclass(frozen=True)
class Story:
    """The cloud on its way, and an inventory whose gates and dbsync are given little time."""

    bench: Bench
    hasty: Path

    def resume(self, *words: str) -> Ran:
        """Go on with little patience: for what is going to fail."""
        return self.bench.ceilift("resume", "--quiet", *words, inventory=self.hasty)

    def approved(self, *words: str) -> Ran:
        """Ask for another way on, read its hash, and approve it."""
        asked = self.resume(*words)
        assert asked.code == PAUSED, asked.said
        return self.bench.ceilift("resume", "--quiet", *words, "--approve", asked.hash)


def await_act(bench: Bench, summary: str, count: int) -> None:
    """Until that many such commands were sent."""
    deadline = time.monotonic() + 120
    while len(bench.acts(summary)) < count:
        assert time.monotonic() < deadline, f"{summary} was never sent {count} times"
        time.sleep(0.2)


def missing(bench: Bench) -> list[int]:
    """The serial numbers of the notifications that were sent and are not stored."""
    words = ("-m", "lab", "account", "--wait", "60", "--format", "json")
    account: dict[str, Any] = json.loads(bench.python(*words, codes=(0, 1)))
    return list(account["missing"])
