"""The life of one run: lease taken and renewed, upgrade opened or continued, end written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.errors import CeiliftError, RefusedError
from ceilift.ledger.store import Ledger
from ceilift.observe import LOADS, POLLSTERS
from ceilift.plan import Plan
from ceilift.plan_json import (
    instances_to_json,
    loads_to_json,
    plan_to_json,
    pollsters_to_json,
)
from ceilift.record import Approval, Lease, OpenUpgrade
from ceilift.release import Catalogue
from ceilift.remote.act import Actor, Recorder
from ceilift.scrub import scrubbed
from ceilift.state import CloudState
from ceilift.undone import PLAN, newest_plan, undone_upgrade
from tasks.interrupt import INTERRUPT, INTERRUPTED
from tasks.lease import LeaseKeeper, held
from tasks.progress import Progress, Silent
from tasks.session import Session

WAY_BACK = "way back"
UNNAMED = "not stated"


@dataclass(frozen=True, slots=True)
class Consent:
    """Who approved, as stated; by which way; what was said about it; and the hash that was named.

    Without a hash the run goes on under the approval the open upgrade has. It is good until `until`
    (epoch seconds; None: for as long as the upgrade is open).
    """

    approver: str
    how: str
    comment: str = ""
    plan_hash: str = ""
    until: float | None = None


def approved_before(ledger: Ledger, cloud: str) -> tuple[OpenUpgrade, Plan] | None:
    """The open upgrade of the cloud and the plan approved last for it; None when none is open."""
    found = ledger.open_upgrade(cloud)
    return None if found is None else (found, newest_plan(ledger, found))


def approved_for(ledger: Ledger, plan: Plan) -> tuple[OpenUpgrade, Plan] | None:
    """The same for a plan that would go on with it; a rollback goes on with rollbacks alone.

    Raises RefusedError when the cloud has an open upgrade that the plan cannot go on with.
    """
    found = approved_before(ledger, plan.cloud)
    if found is None:
        return None
    back = found[1].request.rollback
    if plan.request.rollback and not back:
        return None
    if found[0].to != plan.to or plan.request.rollback != back:
        kind = "rollback" if back else "upgrade"
        raise RefusedError(
            f"cloud {plan.cloud} has an open {kind} to {found[0].to}",
            next_command="ceilift status",
        )
    return found


def close_finished(ledger: Ledger, plan: Plan, detail: str) -> None:
    """Close the open upgrade that leads where the plan does, for who holds the lease.

    Nothing is left of it; or, for a rollback, nothing had been begun of what it takes back.
    """
    found = approved_before(ledger, plan.cloud)
    if found is None:
        return
    undone = plan.request.rollback and not found[1].request.rollback
    if undone or found[0].to == plan.to:
        ledger.close(found[0].id, "undone" if undone else "done", detail)


def give_up(ledger: Ledger, cloud: str, reason: str) -> None:
    """Close the open upgrade as abandoned, and let go a run that waits for an answer.

    Raises RefusedError when a run acts on the cloud.
    """
    found = ledger.open_upgrade(cloud)
    with held(ledger, cloud, Silent(), over_waiting=True):
        if found is not None:
            ledger.close(found.id, "abandoned", reason)


@contextmanager
def recorded_run(
    cloud: Cloud,
    catalogue: Catalogue,
    plan: Plan,
    state: CloudState,
    consent: Consent,
    keeper: LeaseKeeper,
) -> Iterator[Session]:
    """Open or continue the cloud's upgrade under its lease, and write down how the run ended."""
    ledger, lease, progress = cloud.ledger, keeper.lease, keeper.progress
    upgrade = _opened(ledger, lease, plan, state, consent)
    journal = ledger.start_run(upgrade, lease, consent.comment or _command(plan))
    actor = Actor(cloud.inventory, journal, lease.token)
    session = Session(
        cloud,
        catalogue,
        plan,
        journal,
        actor,
        upgrade=upgrade,
        opened=_opened_at(ledger, plan.cloud),
        progress=progress,
    )
    session.on_stage = keeper.at
    if (interrupt := INTERRUPT.get()) is not None:
        interrupt.at_once.append(lambda: ledger.end_run(journal.run, "interrupted", INTERRUPTED))
    try:
        yield session
    except Exception as error:
        ledger.end_run(journal.run, "failed", scrubbed(str(error)))
        raise
    except BaseException:
        ledger.end_run(journal.run, "suspended" if keeper.waiting else "interrupted", "")
        raise
    outcome = "done" if session.error is None else _outcome(session.error)
    ledger.save_intervals(journal.run, cloud.timeline.intervals())
    ledger.save_readings(journal.run, session.readings)
    ledger.end_run(journal.run, outcome, str(session.error or ""))


def _command(plan: Plan) -> str:
    return f"{'rollback' if plan.request.rollback else 'upgrade'} to {plan.to}"


def dry_run(cloud: Cloud, catalogue: Catalogue, plan: Plan, progress: Progress) -> Session:
    """A session that changes nothing: every mutating command goes to a recorder."""
    recorder = Recorder()
    return Session(
        cloud,
        catalogue,
        plan,
        recorder,
        Actor(cloud.inventory, recorder, 0, dry=True),
        progress=progress,
    )


def _outcome(error: CeiliftError) -> str:
    return "paused" if error.exit_code == 4 else "failed"  # noqa: PLR2004 - see errors.PAUSED


def _opened(ledger: Ledger, lease: Lease, plan: Plan, state: CloudState, consent: Consent) -> int:
    """The upgrade's id: the open one, with a changed plan added to it, or a new one."""
    text = plan_to_json(plan)
    before = approved_for(ledger, plan)
    if before is None:
        baseline = json.dumps(instances_to_json(state.baseline or state.instances))
        undoes = undone_upgrade(ledger, plan.cloud).number if plan.request.rollback else None
        upgrade = ledger.begin(lease, json.dumps(text, sort_keys=True), baseline, undoes)
        if state.pollsters:
            ledger.save_document(upgrade, POLLSTERS, "", pollsters_to_json(state.pollsters))
        _keep_loads(ledger, upgrade, state)
        _record_exceptions(ledger, upgrade, plan)
    else:
        upgrade, known = before[0].id, before[1]
        if plan.request.start_old is not None:
            ledger.save_document(upgrade, WAY_BACK, plan.hash, text)
        elif consent.plan_hash == plan.hash != known.hash:
            ledger.save_document(upgrade, PLAN, plan.hash, text)
            _keep_loads(ledger, upgrade, state)
            _record_exceptions(ledger, upgrade, plan)
    if consent.plan_hash == plan.hash and not _good(ledger.approved(upgrade, plan.hash)):
        name, how = consent.approver or UNNAMED, consent.how
        ledger.approve(upgrade, plan.hash, name, how, consent.until)
    return upgrade


def _good(approval: Approval | None) -> bool:
    return approval is not None and not approval.over(now())


def _keep_loads(ledger: Ledger, upgrade: int, state: CloudState) -> None:
    """What old releases said of the plan's new pipeline: they may be gone later."""
    if state.loads:
        ledger.save_document(upgrade, LOADS, "", loads_to_json(state.loads))


def _opened_at(ledger: Ledger, cloud: str) -> float | None:
    found = ledger.open_upgrade(cloud)
    return None if found is None else datetime.fromisoformat(found.opened_at).timestamp()


def _record_exceptions(ledger: Ledger, upgrade: int, plan: Plan) -> None:
    """Write down what was accepted and set aside, once for each upgrade and reason."""
    accepted_before = ledger.accepted(upgrade)
    for accepted in plan.request.accept:
        if accepted not in accepted_before:
            ledger.accept(upgrade, accepted.id, accepted.reason)
    aside_before = {(one.upgrade, one.host, one.reason) for one in ledger.aside(plan.cloud)}
    for aside in plan.request.without:
        if (upgrade, aside.id, aside.reason) not in aside_before:
            ledger.set_aside(upgrade, aside.id, aside.reason)
