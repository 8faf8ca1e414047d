"""Conducts one upgrade: look, plan, check the approval, hold the lease, run stages, report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed

from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.errors import BAD_INPUT, PAUSED, REFUSED, CeiliftError, PausedError, StepFailedError
from ceilift.inventory_file import load_inventory
from ceilift.observe import observe
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.release import load_catalogue
from flows import artifacts
from flows.approval import approve_or_refuse
from flows.execution import submit
from flows.request import UpgradeForm
from flows.secrets import RunSecrets
from tasks.account import account_for
from tasks.backlog import watched_backlog
from tasks.progress import PROGRESS
from tasks.session import CURRENT, Session, dry_session, open_session

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

        The API's stage runs right after the stage the plan puts it behind. Raises the error that
        halted the run, once everything that had begun has ended.
        """
        plan = self.session.plan
        names = [stage.name for stage in plan.stages]
        if name not in names or name in self._done:
            return
        self._run(name)
        following = names[names.index(name) + 1 :]
        if following and following[0] == "api":
            self._run("api")

    def _run(self, name: str) -> None:
        plan = self.session.plan
        stage = next(stage for stage in plan.stages if stage.name == name)
        self._done.add(name)
        self.session.progress.note(f"stage {name}")
        with self.session.stage_span(name):
            for future in submit(plan, stage, self._futures):
                future.wait()
                self._notice(future)
        if self.session.error is not None:
            raise self.session.error

    def _notice(self, future: PrefectFuture[Any]) -> None:
        state = future.state
        if not state.is_completed() and self.session.error is None:
            self.session.halt(StepFailedError(state.message or f"a task ended {state.name}"))


def conduct(form: UpgradeForm, stages: Stages) -> State[Any]:
    """Carry out what the form asks for and tell how it ended, as the flow run's final state.

    Never raises for a known end: BadInput, Refused, Paused and Failed are states with the message
    and the next command to type.
    """
    begun = now()
    try:
        with ExitStack() as stack:
            return _conduct(form, stages, begun, stack)
    except CeiliftError as error:
        PROGRESS.get().note(str(error))
        return ended(error)


def ended(error: CeiliftError) -> State[Any]:
    """The final state of a run that ended in this error."""
    message = str(error) + (f"\nNext: {error.next_command}" if error.next_command else "")
    return Failed(name=STATE_NAMES.get(error.exit_code, "Failed"), message=message)


def _conduct(form: UpgradeForm, stages: Stages, begun: float, stack: ExitStack) -> State[Any]:
    progress = PROGRESS.get()
    inventory = load_inventory(Path(form.inventory))
    catalogue = load_catalogue()
    catalogue.get(form.to)
    cloud = stack.enter_context(Cloud(inventory, RunSecrets()))
    progress.note(f"looking at cloud {inventory.cloud}: {len(inventory.hosts)} hosts")
    state = observe(cloud, catalogue)
    fresh = make_plan(inventory, state, catalogue, form.request())
    artifacts.show_plan(fresh)
    if not fresh.steps and not fresh.gates and not fresh.blockers:
        return _nothing_to_do(cloud, fresh)
    if form.dry_run:
        session = dry_session(cloud, catalogue, fresh)
    else:
        plan = approve_or_refuse(cloud, fresh, state, form.approve)
        session = stack.enter_context(open_session(cloud, catalogue, plan, state, form.approver, form.comment))
    return _run(session, stages, begun)


def _nothing_to_do(cloud: Cloud, plan: Plan) -> State[Any]:
    message = f"nothing to do: everything in {cloud.inventory.cloud} runs {plan.to}; nothing was changed"
    open_upgrade = cloud.ledger.open_upgrade(cloud.inventory.cloud)
    if open_upgrade is not None:
        cloud.ledger.close(open_upgrade.id, "done", message)
    PROGRESS.get().note(message)
    return Completed(message=message)


def _run(session: Session, stages: Stages, begun: float) -> State[Any]:
    CURRENT.set(session)
    plan = session.plan
    session.progress.planned((*(s.id for s in plan.steps), *(g.id for g in plan.gates)), plan.estimate_s)
    error: CeiliftError | None = None
    with watched_backlog(session):
        try:
            stages(Conducted(session))
        except CeiliftError as stopped:
            error = stopped
        loss = account_for(session)
    report = session.finish(error, loss, begun)
    artifacts.show_report(report)
    if error is not None:
        return ended(error)
    return Completed(message=report.headline)
