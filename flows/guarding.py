"""What limits a run on its way: windows, questions, and somebody at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ceilift.approval_gates import approval_gates
from ceilift.plan import Plan
from ceilift.plan_nodes import plan_nodes
from ceilift.schedule import Window
from ceilift.situation import Situation
from ceilift.window import pieces
from flows.consent import Asking, asking_run
from tasks.guard import AskRule, PieceGuard, Rule
from tasks.interrupt import INTERRUPT, InterruptRule
from tasks.run import approved_before
from tasks.window import WindowRule, expected_seconds, refuse_too_long, refuse_unfitting


def guard_for(
    asking: Asking, plan: Plan, situation: Situation, windows: tuple[Window, ...]
) -> PieceGuard | None:
    """What may begin, where windows or questions on the way limit it."""
    wanted, ledger, interrupt = asking.form.gates, asking.cloud.ledger, INTERRUPT.get()
    if not windows and not wanted and interrupt is None:
        return None
    seconds = expected_seconds(plan, situation, ledger)
    guard = PieceGuard(plan, seconds, [])
    rules: list[Rule] = [] if interrupt is None else [InterruptRule(interrupt)]
    if windows:
        refuse_too_long(guard.pieces, windows)
        if asking.keeps_to_window:
            refuse_unfitting(guard.pieces, windows)
        rules.append(WindowRule(windows))
    if wanted and asking_run() is not None:
        before = approved_before(ledger, plan.cloud)
        whole = plan if before is None else before[1]
        parts = pieces(whole, dict.fromkeys(plan_nodes(whole), 0.0))
        gates = approval_gates(whole, parts, wanted)
        rules.append(AskRule(gates, asking.answered(set(gates.values()))))
    guard.rules = rules
    return guard


@contextmanager
def interruptible() -> Iterator[None]:
    """While stages run, Ctrl-C stops them at a safe point, and a second one at once."""
    interrupt = INTERRUPT.get()
    if interrupt is None:
        yield
        return
    interrupt.acting = True
    try:
        yield
    finally:
        interrupt.acting = False
