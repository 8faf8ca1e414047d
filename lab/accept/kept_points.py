"""What the kill matrix gave at one commit, point by point: it can be played in several goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from lab.accept.kept import keep_line, kept_lines, moment
from lab.accept.kill_points import Point
from lab.accept.killing import Played, Undisturbed

UNDISTURBED, POINT, FENCE = "undisturbed", "point", "fence"


@dataclass
class KeptPoints:
    """The matrix at one commit, in a file; without a commit of their own nothing is kept.

    Of a point the first time counts at which its process was killed: failed or not, it is not
    played again. One that came to no kill says nothing, and is.
    """

    file: Path
    commit: str
    _lines: list[dict[str, Any]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def expected(self, path: str) -> Undisturbed | None:
        """What an undisturbed upgrade along that path did and left; None before there was one."""
        for one in self._of(UNDISTURBED):
            if one["path"] == path:
                intents = tuple((node, host, nth) for node, host, nth in one["intents"])
                return Undisturbed(one["plan"], intents, Counter(one["done"]), one["condition"])
        return None

    def keep_expected(self, path: str, found: Undisturbed) -> None:
        """Keep that."""
        data = {"path": path, "plan": found.plan, "intents": found.intents}
        self._keep(UNDISTURBED, data | {"done": found.done, "condition": found.condition})

    def played(self, point: Point) -> Played | None:
        """How the point was played; None where it still has to be."""
        for one in self._of(POINT):
            if one["number"] == point.number and one["killed"]:
                came = {name: one[name] for name in ("killed", "by_itself", "seconds")}
                return Played(point, one["faults"], **came)
        return None

    def keep(self, one: Played) -> None:
        """Keep how a point was played."""
        data = {"number": one.point.number, "what": str(one.point), "faults": one.faults}
        data |= {"killed": one.killed, "by_itself": one.by_itself, "seconds": one.seconds}
        self._keep(POINT, data | {"at": moment()})

    @property
    def fence(self) -> str | None:
        """What went wrong when an orphan acted, empty for nothing; None before it was tried."""
        return next((str(one["fault"]) for one in self._of(FENCE)), None)

    def keep_fence(self, fault: str) -> None:
        """Keep that."""
        self._keep(FENCE, {"fault": fault})

    def _of(self, kind: str) -> list[dict[str, Any]]:
        with self._lock:
            return [one for one in self._lines if one["kind"] == kind]

    def _keep(self, kind: str, data: dict[str, Any]) -> None:
        line = {"kind": kind, **data}
        with self._lock:
            self._lines.append(line)
            keep_line(self.file, self.commit, line)


def kept_points(file: Path, commit: str) -> KeptPoints:
    """What was kept at that commit; nothing without one."""
    return KeptPoints(file, commit, list(kept_lines(file, commit)))
