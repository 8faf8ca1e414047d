"""Conducts one upgrade: look, plan, check the approval, hold the lease, run stages, report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from ceilift.account import Account
from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.errors import (
    ApprovalWantedError,
    BadInputError,
    CeiliftError,
    OutsideWindowError,
    RefusedError,
    StepFailedError,
    WindowClosedError,
    with_inventory,
)
from ceilift.inventory_file import load_inventory
from ceilift.observe import observe, remember_activity
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.pollster_change import meters_changed
from ceilift.release import Catalogue, load_catalogue
from ceilift.situation import Situation
from ceilift.state import CloudState
from flows import artifacts
from flows.act_form import ActForm
from flows.approval import refuse_blockers
from flows.conducted import Conducted, Stages
from flows.consent import Asking, asking_run, by_schedule
from flows.continuation import go_on_later
from flows.guarding import guard_for, interruptible
from flows.live import LiveArtifact
from flows.outliving import outlive_worker
from flows.progress import run_progress
from flows.secrets import RunSecrets
from flows.telling import Moment, Teller
from tasks.account import account_for, configured_intervals, learn_intervals
from tasks.backlog import watched_backlog
from tasks.lease import LeaseKeeper, held
from tasks.progress import Progress
from tasks.reporting import bring_back, finish
from tasks.run import close_finished, dry_run, recorded_run
from tasks.session import CURRENT, Begun, Session
from tasks.window import (
    chosen_windows,
    enter,
    wait_until,
)

NOTHING_POLLED = (
    "no polled series is known: none has three samples from the five intervals before the upgrade, "
    "so nothing can be accounted for, and what passes through a new notification agent can only be "
    "told by a marked notification (--probe)"
)
ENDED: ContextVar[State[Any] | None] = ContextVar("ceilift_ended", default=None)
EARLY_S = 60.0  # Prefect begins a scheduled run up to a second before its time


def conduct(form: ActForm, stages: Stages, begun: Begun) -> State[Any]:
    """Carry out what the form asks for and tell how it ended, as the flow run's final state.

    Never raises for a known end: BadInput, Refused, Paused and Failed are states with the message
    and the next command to type.
    """
    outlive_worker()
    state = _to_its_end(form, stages, begun)
    ENDED.set(state)
    return state


def _to_its_end(form: ActForm, stages: Stages, begun: Begun) -> State[Any]:
    while True:
        try:
            with ExitStack() as stack:
                return _conduct(form, stages, begun, stack)
        except OutsideWindowError as error:
            if not _waits(form, error):
                return missed(error) if by_schedule() else ended(_completed(error, form))
            wait_until(error.opens or now(), run_progress())
            begun = replace(begun, at=now(), prefect_s=0.0)
        except CeiliftError as error:
            return ended(_completed(error, form))


def _waits(form: ActForm, error: OutsideWindowError) -> bool:
    """Whether the run waits for the window: asked to, or as it was started a moment too early."""
    return error.opens is not None and (form.wait or error.opens - now() <= EARLY_S)


def missed(error: OutsideWindowError) -> State[Any]:
    """The final state of a scheduled run that came too late, as its worker was down."""
    return Cancelled(name="MissedWindow", message=str(error))


def ended(error: CeiliftError) -> State[Any]:
    """The final state of a run that ended in this error."""
    message = str(error) + (f"\nNext: {error.next_command}" if error.next_command else "")
    return Failed(name=error.state_name, message=message)


def _completed(error: CeiliftError, form: ActForm) -> CeiliftError:
    """The same error, its next command completed with the inventory's file."""
    if error.next_command:
        error.next_command = with_inventory(error.next_command, _said(form))
    return error


def _said(form: ActForm) -> str:
    """The inventory's file, as it is typed; the name given where there is none."""
    try:
        return str(form.file)
    except BadInputError:
        return form.inventory


def _conduct(form: ActForm, stages: Stages, begun: Begun, stack: ExitStack) -> State[Any]:
    progress = run_progress()
    inventory = load_inventory(form.file)
    catalogue = load_catalogue()
    form.refuse_faults(catalogue)
    aside = [item.name for item in form.without]
    windows = chosen_windows(inventory, form.window, str(form.file))
    teller = Teller(inventory.cloud, form.goal, inventory.notify, progress)
    if not form.dry_run:
        stack.enter_context(_told(teller, form))
    cloud = stack.enter_context(Cloud(inventory, RunSecrets(), aside))
    keeper = None if form.dry_run else stack.enter_context(_held(cloud, progress))
    asking = Asking(cloud, form, keeper, teller, begun.typed)
    if not form.dry_run and asking.keeps_to_window:
        enter(windows, progress)
    progress.note(f"looking at cloud {inventory.cloud}: {len(inventory.hosts)} hosts")
    request = form.wish(cloud)
    state = observe(cloud, catalogue, request)
    fresh = make_plan(inventory, state, catalogue, request)
    artifacts.show_hosts(state)
    artifacts.show_plan(fresh)
    if not fresh.steps and not fresh.gates and not fresh.blockers:
        return _nothing_to_do(cloud, fresh, state, dry=form.dry_run)
    if keeper is None:
        refuse_blockers(fresh)
        session = dry_run(cloud, catalogue, fresh, progress)
    else:
        plan, consent = asking.consented(fresh, state)
        guard = guard_for(asking, plan, _situation(cloud, catalogue, plan, state), windows)
        session = stack.enter_context(recorded_run(cloud, catalogue, plan, state, consent, keeper))
        session.guard = guard
        teller.tell(Moment.STARTED, f"plan {plan.hash}, about {plan.estimate_s:.0f} s")
    return _run(session, stages, begun, state, asking)


@contextmanager
def _told(teller: Teller, form: ActForm) -> Iterator[None]:
    """Tell of a run that is refused, or has a fault before it acts; not of one that waits."""
    try:
        yield
    except CeiliftError as error:
        if isinstance(error, OutsideWindowError) and _waits(form, error):
            raise
        refused = isinstance(error, RefusedError)
        moment = Moment.REFUSED if refused else Moment.STOPPED
        teller.tell(moment, str(error), verdict=error.state_name)
        raise


def _held(cloud: Cloud, progress: Progress) -> AbstractContextManager[LeaseKeeper]:
    run = asking_run()
    name = f"flow run {run.name} ({run.id})" if run is not None else ""
    return held(cloud.ledger, cloud.inventory.cloud, progress, name)


def _nothing_to_do(cloud: Cloud, plan: Plan, state: CloudState, *, dry: bool) -> State[Any]:
    name, stage = cloud.inventory.cloud, plan.request.start_old
    if stage is not None:
        return Completed(message=f"nothing to do: no agent of stage {stage} is to be started again")
    message = f"nothing to do: everything in {name} runs {plan.to}; nothing was changed"
    if not dry:
        bring_back(cloud.ledger, name, state.hosts)
        close_finished(cloud.ledger, plan, message)
    return Completed(message=message)


def _run(
    session: Session,
    stages: Stages,
    begun: Begun,
    state: CloudState,
    asking: Asking,
) -> State[Any]:
    form, teller = asking.form, asking.teller
    CURRENT.set(session)
    _prepare(session, state, begun)
    error: CeiliftError | None = None
    with watched_backlog(session), LiveArtifact(session.plan, session.progress) as live:
        session.progress = live
        try:
            with interruptible():
                stages(Conducted(session))
        except CeiliftError as stopped:
            error = _begun(_completed(stopped, form))
            session.halt(error)
            if isinstance(error, ApprovalWantedError):
                asking.ask_again(session.plan, error)
        live.ended = "done" if error is None else error.state_name
        loss = _account(session)
    if session.upgrade is None:
        return _dry(session) if error is None else ended(error)
    if isinstance(error, WindowClosedError) and (name := go_on_later(error)):
        error.args = (f"{error}; flow run {name} goes on then",)
    report = finish(session, session.upgrade, error, loss, begun, str(form.file))
    artifacts.show_report(report)
    stage = session.spans[-1].stage if session.spans else ""
    if error is not None:
        teller.tell(Moment.STOPPED, str(error), stage=stage, verdict=error.state_name)
        return ended(error)
    teller.tell(Moment.DONE, report.headline, stage=stage, verdict="done")
    return Completed(message=report.headline)


def _prepare(session: Session, state: CloudState, begun: Begun) -> None:
    """Give the session what its steps, gates and account have to know of the cloud as it was."""
    plan = session.plan
    session.before = state.baseline or state.instances
    session.changed = meters_changed(_situation(session.cloud, session.catalogue, plan, state))
    intervals = configured_intervals(state)
    session.learned = learn_intervals(session.cloud, intervals, session.opened or begun.at)
    if session.cloud.samples is not None and not session.learned:
        session.progress.note(NOTHING_POLLED)
    nodes = tuple(node for stage in plan.stages for batch in stage.batches for node in batch)
    session.progress.planned(nodes, plan.estimate_s)
    if session.upgrade is not None and not state.baseline:  # half upgraded, it is not as usual
        remember_activity(session.cloud, state)


def _situation(cloud: Cloud, catalogue: Catalogue, plan: Plan, state: CloudState) -> Situation:
    target = catalogue.get(plan.to)
    return Situation(cloud.inventory, state, catalogue, plan.request, target)


def _account(session: Session) -> Account | None:
    """The account of this run; a store that does not answer must not hide how the run ended."""
    try:
        return account_for(session)
    except CeiliftError as problem:
        session.progress.note(f"not accounted for: {problem}")
        return None


def _begun(error: CeiliftError) -> CeiliftError:
    """A refusal once something was begun (a lost lease) is a failure: not nothing was changed."""
    if isinstance(error, RefusedError):
        return StepFailedError(str(error), next_command=error.next_command)
    return error


def _dry(session: Session) -> State[Any]:
    plan = session.plan
    message = f"dry run of plan {plan.hash}: {len(plan.steps)} steps and {len(plan.gates)} gates"
    return Completed(message=f"{message}; not one changing command was sent")
