"""Counts the healthy agents of a test cloud all through a rolling upgrade."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.driving import TARGET, Bench

EVERY_S = 0.1
PASSED = """
SELECT name, at FROM documents
WHERE kind = 'verdict' AND body LIKE '%"outcome": "healthy"%'
"""


@dataclass(frozen=True, slots=True)
class Agent:
    """One master process of an agent."""

    component: str
    host: str
    release: str
    pid: int


@dataclass
class Watcher:
    """Looks at the masters of all agents every EVERY_S seconds while used as a context.

    An agent of the old release is healthy; one of the target once a gate about it has passed.
    """

    bench: Bench
    looks: list[tuple[float, frozenset[Agent]]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._look()
        self._thread = threading.Thread(target=self._watch, name="watcher")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def fewest(self, component: str) -> int:
        """The fewest healthy agents of that component at any look."""
        healthy = self._healthy_from()
        return min(
            sum(one.component == component and healthy[one] <= at for one in agents)
            for at, agents in self.looks
        )

    @property
    def longest_pause_s(self) -> float:
        """The longest time between two looks: what was shorter may have gone unseen."""
        times = [at for at, _ in self.looks]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def _healthy_from(self) -> dict[Agent, float]:
        begun, passed = self.looks[0][0], _passed(self.bench)
        found: dict[Agent, float] = {}
        for at, agents in self.looks:
            since = 0.0 if at == begun else at  # it may have passed before the watch began
            for one in agents - found.keys():
                later = (p for p in passed[one.component, one.host] if p >= since)
                old = one.release != TARGET
                found[one] = begun if old else min(later, default=float("inf"))
        return found

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            self._look()

    def _look(self) -> None:
        at = time.time()
        self.looks.append((at, frozenset(masters(self.bench))))


def masters(bench: Bench) -> Iterator[Agent]:
    """The masters of all agents of the cloud, read from the machine's command lines."""
    home = re.escape(str(bench.root / "hosts"))
    agent = re.compile(
        rf"{home}/(\w+)/opt/ceilometer/([0-9.]+)/bin/ceilometer-(?:agent-)?"
        "(collector|notification|polling)"
    )
    parents: dict[int, int] = {}
    found: list[Agent] = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            told = agent.search((place / "cmdline").read_text(errors="replace"))
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has gone
            continue
        if told:
            pid = int(place.name)
            parents[pid] = parent
            found.append(Agent(told[3], told[1], told[2], pid))
    for one in found:
        if parents[one.pid] not in parents:  # a worker looks like its master for a moment
            yield one


def _passed(bench: Bench) -> dict[tuple[str, str], list[float]]:
    """When gates passed (epoch seconds), by component and host."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for name, at in bench.ledger(PASSED):
        component, _, host = str(name).split("/")
        found[component, host].append(datetime.fromisoformat(at).timestamp())
    return found
