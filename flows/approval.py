"""Which plan a run may carry out: exactly the approved one, or what remains of it, or none."""

from __future__ import annotations

from ceilift.clock import now, timestamp
from ceilift.errors import PausedError, RefusedError
from ceilift.plan import Plan
from ceilift.planner import difference, remaining
from ceilift.record import Approval
from ceilift.state import CloudState


def approved_plan(fresh: Plan, state: CloudState, before: Plan | None, given: str) -> Plan:
    """The plan to carry out, from a fresh plan, the open upgrade's approved one and the hash given.

    Raises RefusedError for blockers and for a plan that is no longer the approved one, with the
    difference in words; PausedError when no approval was given where one is needed.
    """
    refuse_blockers(fresh)
    if given and given == fresh.hash:
        return fresh
    if before is not None and given in ("", before.hash):
        return _unchanged(remaining(before, state), fresh)
    if not given:
        raise PausedError(
            f"plan {fresh.hash} is not approved; nothing was changed",
            next_command=f"{_act(fresh)} --approve {fresh.hash}",
        )
    raise RefusedError(
        f"the approved plan is {given}, but a fresh look at the cloud gives {fresh.hash}: read "
        "again and approve that one; nothing was changed",
        next_command=_look(fresh),
    )


def refuse_ended(approval: Approval | None, fresh: Plan) -> None:
    """Raise PausedError when the approval that the run would go on under has ended."""
    if approval is not None and approval.over(now()):
        raise PausedError(
            f"the approval of plan {approval.plan_hash} by {approval.name} was good until "
            f"{timestamp(approval.until)}; nothing was changed",
            next_command=f"ceilift resume --approve {fresh.hash}",
        )


def refuse_unapproved(approval: Approval | None, before: Plan, fresh: Plan) -> None:
    """Raise PausedError where nobody approved what the open upgrade would go on with.

    An earlier Ceilift opened it, and was killed before it had written the approval down.
    """
    if approval is None:
        raise PausedError(
            f"nobody has approved plan {before.hash} of the open upgrade; nothing was changed",
            next_command=f"ceilift resume --approve {fresh.hash}",
        )


def refuse_blockers(plan: Plan) -> None:
    """Raise RefusedError listing every blocker of the plan with its remedy."""
    if plan.blockers:
        lines = [f"{f.id} at {f.where}: {f.what}. {f.remedy}" for f in plan.blockers]
        raise RefusedError(
            "the plan refuses itself; nothing was changed:\n" + "\n".join(lines),
            next_command=_look(plan),
        )


def _unchanged(rest: Plan, fresh: Plan) -> Plan:
    changed = difference(rest, fresh)
    if changed:
        raise RefusedError(
            "the cloud is not as the approved plan left it; nothing was changed:\n"
            + "\n".join(changed),
            next_command=f"{_look(fresh)}, then resume with --approve and its hash",
        )
    return fresh


def _act(plan: Plan) -> str:
    return _back(plan) if plan.request.rollback else f"ceilift upgrade --to {plan.to}"


def _look(plan: Plan) -> str:
    """How the plan is shown once more; a rollback shows it when nobody has approved it."""
    return _back(plan) if plan.request.rollback else f"ceilift plan --to {plan.to}"


def _back(plan: Plan) -> str:
    restored = " --restore-database" if plan.request.restore_database else ""
    return f"ceilift rollback{restored}"
