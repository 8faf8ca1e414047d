"""Gates: look, judge, look again, until the verdict is healthy or the gate's time is up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from ceilift.clock import now
from ceilift.component import Component
from ceilift.errors import BadInputError, CeiliftError, PausedError, StepFailedError
from ceilift.gates import Sight, Watch, watch_for
from ceilift.plan import Gate, GateKind, Target
from ceilift.services.log import last_error
from ceilift.state import Instance
from ceilift.telemetry.marked import Marked, send_marked
from ceilift.verdict import Outcome, Verdict
from tasks.carry_out import carry_out
from tasks.retrying import NodesDone, node_task
from tasks.session import Session

PERIOD_S = 1.0
UNKNOWN_NODE, MOST_FELLOWS = "UnknownNode", 20


@node_task(retries=0)
def judge(nodes: list[str]) -> NodesDone:
    """Judge gates; only healthy passes, inconclusive pauses the run."""
    return carry_out(nodes, _judge)


def _judge(session: Session, gate: Gate) -> str:
    if session.dry_run:
        return f"dry run: would be judged within {gate.timeout_s:.0f} s"
    with session.cloud.timeline.pending("gate", gate.id):
        marked = _marked(session, gate)
        sight = Sight(
            session.cloud,
            session.catalogue,
            gate,
            session.plan.releases,
            session.learned,
            session.plan.request,
            marked,
        )
        verdict = _until_decided(partial(watch_for, sight), gate.timeout_s)
    _keep(session, gate, verdict)
    if verdict.outcome is Outcome.HEALTHY:
        return f"{verdict}; {marked}" if marked else str(verdict)
    evidence = (_evidence(session, gate), _lost_members(session, gate), str(marked or ""))
    message = "; ".join(words for words in evidence if words)
    raise _not_passed(gate, verdict, message, _ways_on(session, gate))


def _marked(session: Session, gate: Gate) -> Marked | None:
    """Send the gate's one marked notification, where the operator allowed it and it can prove."""
    kinds = (GateKind.COLLECTOR, GateKind.NOTIFICATION)
    if not session.plan.request.probe or gate.kind not in kinds:
        return None
    try:
        shell = session.cloud.connections.shell(gate.targets[0].host)
        return send_marked(session.actor, shell, session.cloud.inventory, gate)
    except StepFailedError as error:  # other traffic may still prove it
        session.progress.note(str(error))
        return None


def _until_decided(watching: Callable[[], Watch], timeout_s: float) -> Verdict:
    """Look every PERIOD_S seconds; the last look after the deadline decides for good.

    A look that fails is no verdict: what it was about could not be measured, and is looked at
    again.
    """
    deadline, pause = now() + timeout_s, threading.Event()
    watch: Watch | None = None
    while True:
        expired = now() >= deadline
        try:
            watch = watch or watching()
            watch.look()
            verdict = watch.judge(expired=expired)
        except BadInputError:
            raise
        except CeiliftError as error:
            verdict = Verdict(Outcome.INCONCLUSIVE, (f"it could not be looked at: {error}",))
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


def _evidence(session: Session, gate: Gate) -> str:
    """What the log of the gate's one agent says; empty for a gate about several."""
    target = gate.targets[0]
    if len(gate.targets) > 1 or not target.unit:
        return ""
    script = session.catalogue.get(gate.release).scripts.value.get(target.component, "")
    shell = session.cloud.connections.shell(target.host)
    return last_error(shell, session.cloud.inventory, target.unit, script)


def _lost_members(session: Session, gate: Gate) -> str:
    """Members of a polling group that poll no more, as one left that they never knew.

    Those that join at the same moment may not know each other (tooz/partitioner.py, 2.10); who
    polls nothing any more is seen on the resources of the agent that the gate is about.
    """
    if gate.kind is not GateKind.POLLING or len(gate.targets) > 1:
        return ""
    lost = [one.host for one in _fellows(session, gate.targets[0]) if _is_lost(session, one)]
    if not lost:
        return ""
    hosts = ", ".join(lost)
    return (
        f"the polling agent on {hosts} fails at every tick ({UNKNOWN_NODE}: a member left that it "
        "never knew): restart it there as it is, then judge again"
    )


def _fellows(session: Session, target: Target) -> list[Instance]:
    """The agents that ran before in the target's group, itself left out."""
    agents = [one for one in session.before if one.component is Component.POLLING and one.running]
    own = next((one for one in agents if one.host == target.host), None)
    if own is None or not own.config.coordinated:
        return []
    group = (set(own.namespaces), own.config.group_prefix)
    fellows = [one for one in agents if (set(one.namespaces), one.config.group_prefix) == group]
    return [one for one in fellows if one is not own and one.config.coordinated][:MOST_FELLOWS]


def _is_lost(session: Session, one: Instance) -> bool:
    release = session.catalogue.releases.get(one.release or "")
    script = "" if release is None else release.scripts.value.get(one.component, "")
    shell = session.cloud.connections.shell(one.host)
    return UNKNOWN_NODE in last_error(shell, session.cloud.inventory, one.unit, script)


def _not_passed(gate: Gate, verdict: Verdict, evidence: str, ways: str) -> CeiliftError:
    hosts = ", ".join(target.host for target in gate.targets[:5])
    message = f"gate {gate.id} ({hosts}) is {verdict}" + (f"; {evidence}" if evidence else "")
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return PausedError(message, next_command=ways)
    host = gate.targets[0].host if len(gate.targets) == 1 else None
    return StepFailedError(message, host=host, step=gate.id, next_command=ways)


def _ways_on(session: Session, gate: Gate) -> str:
    """The typed commands that lead on from a gate that did not pass; nothing stays dark."""
    request = session.plan.request
    ways = ["judge again: ceilift resume"]
    if gate.kind is GateKind.POLLING and "/first/" in gate.id:
        ways.append("another first host: ceilift resume --first HOST")
    if gate.kind not in (GateKind.ALL_STOPPED, GateKind.API):
        ways.append(
            f"what ran before again for this stage: ceilift resume --start-old {gate.stage}"
        )
    if not request.rollback and request.start_old is None:
        ways.append("all of it back: ceilift rollback")
    return "; or ".join(ways)
