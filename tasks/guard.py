"""What may begin: the pieces of a plan, one after the other, by rules that may refuse them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ceilift.errors import ApprovalWantedError, CeiliftError
from ceilift.plan import Plan
from ceilift.window import pieces


class Rule(Protocol):
    """Says what must not begin now, and how a run ends because of that."""

    def refuses(self, nodes: Sequence[str], seconds: float) -> str:
        """Why these nodes, which take that long, must not begin now; empty when they may."""
        ...

    def ended(self, why: str, left: Sequence[str]) -> CeiliftError:
        """How the run ends that was cut, with the nodes that are left."""
        ...

    def overrun_s(self) -> float:
        """By how many seconds the run is past what it was to keep to."""
        ...


@dataclass
class PieceGuard:
    """Admits a plan's pieces as long as no rule refuses one.

    A piece that was admitted is finished; the point of no return alone is asked about again. Once
    one piece was refused no other is admitted: `cut` says why. Safe for threads.
    """

    plan: Plan
    seconds: Mapping[str, float]
    rules: Sequence[Rule]
    cut: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    _cut_by: Rule | None = None
    _admitted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.pieces = pieces(self.plan, self.seconds)
        self._piece_of = {node: piece for piece in self.pieces for node in piece.nodes}

    def bars(self, node_id: str) -> str:
        """Why the node must not begin now; empty when it may."""
        with self.lock:
            if node_id in self._admitted:
                final = node_id == self.plan.point_of_no_return
                return self._refused([node_id], self.seconds[node_id]) if final else ""
            piece = self._piece_of[node_id]
            # The point of no return is asked about when it is next, not before what precedes it.
            nodes = [node for node in piece.nodes if node != self.plan.point_of_no_return]
            why = self.cut or self._refused(nodes or [node_id], piece.seconds)
            if not why:
                self._admitted.update(piece.nodes)
            return why

    def learned(self, node_id: str, seconds: float) -> None:
        """Reckon with another time for a node, which is asked about again when it is next."""
        with self.lock:
            self.seconds = {**self.seconds, node_id: seconds}

    def ended(self, left: Sequence[str]) -> CeiliftError | None:
        """How the run ends when something was barred; None when nothing was, or nothing is left."""
        return self._cut_by.ended(self.cut, left) if self._cut_by is not None and left else None

    def overrun_s(self) -> float:
        """By how many seconds the run is past what it was to keep to."""
        return max((rule.overrun_s() for rule in self.rules), default=0.0)

    def _refused(self, nodes: Sequence[str], seconds: float) -> str:
        for rule in self.rules:
            if why := rule.refuses(nodes, seconds):
                if not self.cut:
                    self.cut, self._cut_by = why, rule
                return why
        return ""


@dataclass
class AskRule:
    """Nothing behind a gate begins before it was answered with yes."""

    gates: Mapping[str, str]
    answered: frozenset[str] = frozenset()
    wanted: str = ""

    def refuses(self, nodes: Sequence[str], _seconds: float) -> str:
        """Which gate waits for an answer; empty when none of these nodes stands behind one."""
        met = (self.gates[node] for node in nodes if node in self.gates)
        gate = next((one for one in met if one not in self.answered), "")
        self.wanted = self.wanted or gate
        return f"an approval is wanted ({gate})" if gate else ""

    def ended(self, why: str, left: Sequence[str]) -> ApprovalWantedError:
        """The run has to ask."""
        return ApprovalWantedError(
            f"{why}; {len(left)} steps and gates are left, from {left[0]} on",
            gate=self.wanted,
            left=tuple(left),
        )

    def overrun_s(self) -> float:
        """There is nothing to be late for."""
        return 0.0
