"""Gates: look, judge, look again, until the verdict is healthy or the gate's time is up."""

from __future__ import annotations

import threading

from ceilift.clock import now
from ceilift.errors import CeiliftError, PausedError, StepFailedError
from ceilift.gates import Sight, Watch, watch_for
from ceilift.plan import Gate, GateKind
from ceilift.verdict import Outcome, Verdict
from tasks.retrying import NodesDone, node_task
from tasks.session import Session, carry_out

PERIOD_S = 1.0


@node_task(retries=0)
def judge(nodes: list[str]) -> NodesDone:
    """Judge gates; only healthy passes, inconclusive pauses the run."""
    return carry_out(nodes, _judge)


def _judge(session: Session, gate: Gate) -> str:
    if session.dry_run:
        return f"dry run: would be judged within {gate.timeout_s:.0f} s"
    watch = watch_for(
        Sight(
            session.cloud,
            session.catalogue,
            gate,
            session.plan.releases,
            session.learned,
            session.plan.request,
        )
    )
    with session.cloud.timeline.pending("gate", gate.id):
        verdict = _until_decided(watch, gate.timeout_s)
    _keep(session, gate, verdict)
    if verdict.outcome is Outcome.HEALTHY:
        return str(verdict)
    raise _not_passed(gate, verdict)


def _until_decided(watch: Watch, timeout_s: float) -> Verdict:
    """Look every PERIOD_S seconds; the last look after the deadline decides for good."""
    deadline, pause = now() + timeout_s, threading.Event()
    while True:
        expired = now() >= deadline
        watch.look()
        verdict = watch.judge(expired=expired)
        if verdict.healthy or expired:
            return verdict
        pause.wait(PERIOD_S)


def _keep(session: Session, gate: Gate, verdict: Verdict) -> None:
    if session.upgrade is not None:
        body = {
            "outcome": verdict.outcome.value,
            "reasons": list(verdict.reasons),
            "measured": dict(verdict.measured),
        }
        session.cloud.ledger.save_document(session.upgrade, "verdict", gate.id, body)


def _not_passed(gate: Gate, verdict: Verdict) -> CeiliftError:
    hosts = ", ".join(target.host for target in gate.targets[:5])
    message = f"gate {gate.id} ({hosts}) is {verdict}"
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return PausedError(message, next_command=_ways_on(gate))
    host = gate.targets[0].host if len(gate.targets) == 1 else None
    return StepFailedError(message, host=host, step=gate.id, next_command=_ways_on(gate))


def _ways_on(gate: Gate) -> str:
    """The typed commands that lead on from a gate that did not pass; nothing stays dark."""
    ways = ["judge again: ceilift resume"]
    if gate.kind is GateKind.POLLING and "/first/" in gate.id:
        ways.append("another first host: ceilift resume --first HOST")
    if gate.kind in (GateKind.COLLECTOR, GateKind.NOTIFICATION, GateKind.POLLING):
        ways.append(
            f"the old release again for this stage: ceilift resume --start-old {gate.stage}"
        )
    return "; or ".join(ways)
