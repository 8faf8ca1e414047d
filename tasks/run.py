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
from ceilift.plan import Accepted, Plan
from ceilift.plan_json import (
    instances_to_json,
    loads_to_json,
    plan_to_json,
    pollsters_to_json,
)
from ceilift.record import Approval, Assent, Beside, Lease, OpenUpgrade
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
    """The upgrade's id: the open one, with a changed plan added to it, or a new one.

    What belongs together is written together: a process that is killed here leaves no upgrade, and
    no changed plan, that nobody approved.
    """
    before = approved_for(ledger, plan)
    if before is None:
        text = json.dumps(plan_to_json(plan), sort_keys=True)
        baseline = json.dumps(instances_to_json(state.baseline or state.instances))
        undoes = undone_upgrade(ledger, plan.cloud).number if plan.request.rollback else None
        assent = _assent(plan, consent)
        seen = (POLLSTERS, "", pollsters_to_json(state.pollsters))
        documents = ((seen,) if state.pollsters else ()) + _loads(state)
        exceptions = (plan.request.accept, plan.request.without)
        return ledger.begin(lease, text, baseline, undoes, Beside(assent, documents, *exceptions))
    upgrade = before[0].id
    beside = _added(ledger, upgrade, before[1], plan, state, consent)
    if beside != Beside():
        ledger.add_beside(upgrade, beside)
    return upgrade


def _added(
    ledger: Ledger, upgrade: int, known: Plan, plan: Plan, state: CloudState, consent: Consent
) -> Beside:
    """What a run that goes on adds to the open upgrade: an approval, and the plan that it is of."""
    given = consent.plan_hash == plan.hash
    approved = given and _good(ledger.approved(upgrade, plan.hash))
    assent = None if approved else _assent(plan, consent)
    if plan.request.start_old is not None:
        return Beside(assent, ((WAY_BACK, plan.hash, plan_to_json(plan)),))
    if not given or plan.hash == known.hash:
        return Beside(assent)
    documents = ((PLAN, plan.hash, plan_to_json(plan)), *_loads(state))
    return Beside(assent, documents, *_exceptions(ledger, upgrade, plan))


def _assent(plan: Plan, consent: Consent) -> Assent | None:
    if consent.plan_hash != plan.hash:
        return None
    return Assent(plan.hash, consent.approver or UNNAMED, consent.how, consent.until)


def _good(approval: Approval | None) -> bool:
    return approval is not None and not approval.over(now())


def _loads(state: CloudState) -> tuple[tuple[str, str, object], ...]:
    """What old releases said of the plan's new pipeline: they may be gone later."""
    return ((LOADS, "", loads_to_json(state.loads)),) if state.loads else ()


def _opened_at(ledger: Ledger, cloud: str) -> float | None:
    found = ledger.open_upgrade(cloud)
    return None if found is None else datetime.fromisoformat(found.opened_at).timestamp()


def _exceptions(
    ledger: Ledger, upgrade: int, plan: Plan
) -> tuple[tuple[Accepted, ...], tuple[Accepted, ...]]:
    """What was accepted and set aside and is not written down yet for this upgrade and reason."""
    accepted_before = ledger.accepted(upgrade)
    aside_before = {(one.upgrade, one.host, one.reason) for one in ledger.aside(plan.cloud)}
    return (
        tuple(one for one in plan.request.accept if one not in accepted_before),
        tuple(
            one for one in plan.request.without if (upgrade, one.id, one.reason) not in aside_before
        ),
    )
