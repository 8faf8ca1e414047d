"""Conducts one upgrade: look, plan, check the approval, hold the lease, run stages, report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from ceilift.account import Account, Changed
from ceilift.cloud import Cloud
from ceilift.errors import (
    BAD_INPUT,
    PAUSED,
    REFUSED,
    CeiliftError,
    RefusedError,
    StepFailedError,
    with_inventory,
)
from ceilift.inventory_file import load_inventory
from ceilift.observe import observe, remember_activity
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.pollster_change import meters_changed
from ceilift.release import load_catalogue
from ceilift.situation import Situation
from ceilift.state import CloudState
from flows import artifacts
from flows.approval import approved_plan, refuse_blockers
from flows.execution import submit
from flows.progress import run_progress
from flows.request import UpgradeForm
from flows.secrets import RunSecrets
from tasks.account import account_for, configured_intervals, learn_intervals
from tasks.backlog import watched_backlog
from tasks.reporting import bring_back, finish
from tasks.retrying import NOT_STARTED, TOLERATED
from tasks.run import Consent, approved_before, close_finished, dry_run, leased_run
from tasks.session import CURRENT, Begun, Session

STATE_NAMES = {BAD_INPUT: "BadInput", REFUSED: "Refused", PAUSED: "Paused"}

Stages = Callable[["Conducted"], None]


class Conducted:
    """A running upgrade as the flow sees it: it can run a stage of its approved plan."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._futures: dict[str, PrefectFuture[Any]] = {}
        self._done: set[str] = set()

    def stage(self, name: str) -> None:
        """Run one official stage and wait for it; nothing when it has nothing to do, or ran before.

        What the plan puts before it runs first: the API's stage, or polling where a trap demands
        it. Raises the error that halted the run, once everything that had begun has ended.
        """
        names = self.stages
        if name not in names or name in self._done:
            return
        for earlier in names[: names.index(name) + 1]:
            if earlier not in self._done:
                self._run(earlier)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that have something to do, in the plan's order."""
        return tuple(stage.name for stage in self.session.plan.stages)

    def _run(self, name: str) -> None:
        plan = self.session.plan
        stage = next(stage for stage in plan.stages if stage.name == name)
        self._done.add(name)
        self.session.progress.note(f"stage {name}: about {stage.estimate_s:.0f} s")
        with self.session.stage_span(name):
            tolerant = self.session.budget(name) > 0
            futures = submit(plan, stage, self._futures, tolerant=tolerant)
            self.session.task_runs += len(futures)
            for future in futures:
                future.wait()
                self._notice(future)
        self._settle(name)
        if self.session.error is not None:
            raise self.session.error

    def _settle(self, name: str) -> None:
        """A stage that failed on hosts within its budget ends the run: nothing later begins."""
        hosts = self.session.failed_hosts(name)
        if hosts and self.session.error is None:
            budget, first = self.session.budget(name), self.session.failures[name][hosts[0]]
            message = (
                f"stage {name} failed on {', '.join(hosts)}, within its budget of {budget}: the "
                f"other hosts are done, no later stage was begun. {first}"
            )
            self.session.halt(StepFailedError(message, next_command=first.next_command))

    def _notice(self, future: PrefectFuture[Any]) -> None:
        state = future.state
        known = state.is_completed() or state.name in {TOLERATED, NOT_STARTED}
        if not known and self.session.error is None:
            self.session.halt(StepFailedError(state.message or f"a task ended {state.name}"))


def conduct(form: UpgradeForm, stages: Stages, begun: Begun) -> State[Any]:
    """Carry out what the form asks for and tell how it ended, as the flow run's final state.

    Never raises for a known end: BadInput, Refused, Paused and Failed are states with the message
    and the next command to type.
    """
    try:
        with ExitStack() as stack:
            return _conduct(form, stages, begun, stack)
    except CeiliftError as error:
        return ended(_completed(error, form))


def ended(error: CeiliftError) -> State[Any]:
    """The final state of a run that ended in this error."""
    message = str(error) + (f"\nNext: {error.next_command}" if error.next_command else "")
    return Failed(name=STATE_NAMES.get(error.exit_code, "Failed"), message=message)


def _completed(error: CeiliftError, form: UpgradeForm) -> CeiliftError:
    """The same error, its next command completed with the inventory's file."""
    if error.next_command:
        error.next_command = with_inventory(error.next_command, form.inventory)
    return error


def _conduct(form: UpgradeForm, stages: Stages, begun: Begun, stack: ExitStack) -> State[Any]:
    progress = run_progress()
    inventory = load_inventory(Path(form.inventory))
    catalogue = load_catalogue()
    catalogue.get(form.to)
    request, aside = form.request(), [item.name for item in form.without]
    cloud = stack.enter_context(Cloud(inventory, RunSecrets(), aside))
    progress.note(f"looking at cloud {inventory.cloud}: {len(inventory.hosts)} hosts")
    state = observe(cloud, catalogue, request)
    fresh = make_plan(inventory, state, catalogue, request)
    artifacts.show_plan(fresh)
    if not fresh.steps and not fresh.gates and not fresh.blockers:
        return _nothing_to_do(cloud, fresh, state, dry=form.dry_run)
    if form.dry_run:
        refuse_blockers(fresh)
        session = dry_run(cloud, catalogue, fresh, progress)
    else:
        plan = _approved(cloud, fresh, state, form)
        how = "terminal" if begun.typed else "Prefect UI"
        consent = Consent(form.approver, how, form.comment, form.approve)
        session = stack.enter_context(leased_run(cloud, catalogue, plan, state, consent, progress))
    return _run(session, stages, begun, state, form)


def _approved(cloud: Cloud, fresh: Plan, state: CloudState, form: UpgradeForm) -> Plan:
    before = approved_before(cloud.ledger, cloud.inventory.cloud)
    if fresh.request.start_old is None:
        return approved_plan(fresh, state, before[1] if before else None, form.approve)
    if before is None:
        raise RefusedError("no upgrade is open: there is no old release to start again")
    return approved_plan(fresh, state, None, form.approve)


def _nothing_to_do(cloud: Cloud, plan: Plan, state: CloudState, *, dry: bool) -> State[Any]:
    name, stage = cloud.inventory.cloud, plan.request.start_old
    if stage is not None:
        return Completed(message=f"nothing to do: no agent of stage {stage} is to be started again")
    message = f"nothing to do: everything in {name} runs {plan.to}; nothing was changed"
    if not dry:
        bring_back(cloud.ledger, name, state.hosts)
        close_finished(cloud.ledger, name, plan.to, message)
    return Completed(message=message)


def _run(
    session: Session, stages: Stages, begun: Begun, state: CloudState, form: UpgradeForm
) -> State[Any]:
    CURRENT.set(session)
    session.before = state.baseline or state.instances
    plan = session.plan
    intervals = configured_intervals(state)
    session.changed = _changed(session, state)
    session.learned = learn_intervals(session.cloud, intervals, session.opened or begun.at)
    nodes = tuple(node for stage in plan.stages for batch in stage.batches for node in batch)
    session.progress.planned(nodes, plan.estimate_s)
    if session.upgrade is not None and not state.baseline:  # half upgraded, it is not as usual
        remember_activity(session.cloud, state)
    error: CeiliftError | None = None
    with watched_backlog(session):
        try:
            stages(Conducted(session))
        except CeiliftError as stopped:
            error = _begun(_completed(stopped, form))
            session.halt(error)
        loss = _account(session)
    if session.upgrade is None:
        return _dry(session) if error is None else ended(error)
    report = finish(session, session.upgrade, error, loss, begun, form.inventory)
    artifacts.show_report(report)
    return Completed(message=report.headline) if error is None else ended(error)


def _changed(session: Session, state: CloudState) -> Changed:
    """The meters that the upgrade brings and ends, which its account has to know."""
    request, catalogue = session.plan.request, session.catalogue
    target = catalogue.get(request.to)
    situation = Situation(session.cloud.inventory, state, catalogue, request, target)
    return meters_changed(situation)


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
