"""Who agrees to a plan: by hash, by an approval that still holds, or asked in the Prefect UI."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field

from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.errors import ApprovalWantedError, PausedError, RefusedError
from ceilift.plan import Plan
from ceilift.plan_json import plan_from_json, plan_to_json
from ceilift.plan_text import gate_to_markdown, plan_to_markdown
from ceilift.planner import difference
from ceilift.record import Question
from ceilift.state import CloudState
from flows.act_form import ActForm
from flows.approval import approved_plan, refuse_blockers, refuse_ended, refuse_unapproved
from flows.telling import Moment, Teller
from tasks.lease import LeaseKeeper
from tasks.run import Consent, approved_for

DAY_S, HOUR_S = 86400.0, 3600
SPARE_S = 600.0  # the lease is held that much longer than an answer is waited for
START = "start"


class Approval(RunInput):
    """What is answered when a run asks. Resumed without a word it is a no."""

    decision: Literal["reject", "approve"] = Field(
        default="reject", title="Decision", description="Approve carries this very plan out."
    )
    approver: str = Field(default="", title="Your name", description="Recorded as stated.")
    comment: str = Field(default="", title="Comment", description="Kept with the run.")


@dataclass(frozen=True, slots=True)
class Asking:
    """One run that needs an approval; `typed`: somebody at a terminal started it.

    Without a `keeper` it holds no lease, as a dry run, and asks nobody.
    """

    cloud: Cloud
    form: ActForm
    keeper: LeaseKeeper | None
    teller: Teller
    typed: bool

    def consented(self, fresh: Plan, state: CloudState) -> tuple[Plan, Consent]:
        """The plan to carry out and who agreed to it.

        A deployment's run that has no approval suspends and asks: then this does not return, and
        the flow begins anew in another process once somebody has answered. Raises RefusedError for
        a plan that is not the approved one, and for a no; PausedError where nobody can be asked.
        """
        form = self.form
        until = now() + form.approval_days * DAY_S
        try:
            plan = self._approved(fresh, state)
        except PausedError:
            run = asking_run()
            if run is None:
                raise
            answer = self._asked(fresh, str(run.id))
            comment = answer.comment or form.comment
            return fresh, Consent(answer.approver, "Prefect UI", comment, fresh.hash, until)
        how = "terminal" if self.typed else "Prefect UI"
        return plan, Consent(form.approver, how, form.comment, form.approve, until)

    @property
    def keeps_to_window(self) -> bool:
        """Whether the run is refused outside the windows.

        One that somebody has answered is not, unless it waits: the approval is recorded whenever it
        comes, and where no window is open then, the next one's run goes on under it.
        """
        run = asking_run()
        ledger = self.cloud.ledger
        return self.form.wait or run is None or ledger.question(str(run.id), START) is None

    def answered(self, gates: Collection[str]) -> frozenset[str]:
        """Those of these gates at which somebody has said yes. Raises PausedError for a no."""
        run = asking_run()
        if run is None:
            return frozenset()
        asked = [gate for gate in gates if self.cloud.ledger.question(str(run.id), gate)]
        return frozenset(gate for gate in asked if self._goes_on(gate, ""))

    def ask_again(self, plan: Plan, wanted: ApprovalWantedError) -> None:
        """Suspend the run at a gate on its way, where it can; else nothing happens."""
        run = asking_run()
        if run is None:
            return
        text = json.dumps(plan_to_json(plan), sort_keys=True)
        self.cloud.ledger.ask(plan.cloud, str(run.id), wanted.gate, plan.hash, text)
        self.teller.tell(Moment.APPROVAL_WANTED, str(wanted), stage=wanted.gate)
        self._goes_on(wanted.gate, gate_to_markdown(plan, wanted.gate, wanted.left))

    def _goes_on(self, gate: str, shown: str) -> bool:
        """The answer at a gate, waited for when it is not there yet. Raises PausedError for no."""
        answer = self._waited(gate, shown)
        if answer.decision != "approve":
            who = answer.approver or "somebody who gave no name"
            raise PausedError(
                f"{who} said no ({gate}); what was done is kept", next_command="ceilift resume"
            )
        return True

    def _waited(self, gate: str, shown: str) -> Approval:
        keeper, seconds = self.keeper, self.form.answer_within_h * HOUR_S
        if keeper is None:
            raise PausedError("a dry run asks nobody")
        keeper.wait_for_answer(gate, seconds + SPARE_S)
        try:
            answer = _answer(shown, seconds, gate)
        except PausedError:
            keeper.go_on()
            raise
        keeper.go_on()
        return answer

    def _approved(self, fresh: Plan, state: CloudState) -> Plan:
        ledger, given = self.cloud.ledger, self.form.approve
        before = approved_for(ledger, fresh)
        if before is not None and (by_schedule() or given != fresh.hash):
            approval = ledger.approved(before[0].id, before[1].hash)
            if given != fresh.hash:
                refuse_unapproved(approval, before[1], fresh)
            refuse_ended(approval, fresh)
        if fresh.request.start_old is None:
            return approved_plan(fresh, state, before[1] if before else None, given)
        if before is None:
            raise RefusedError("no upgrade is open: there is no old release to start again")
        return approved_plan(fresh, state, None, given)

    def _asked(self, fresh: Plan, run: str) -> Approval:
        """The answer, a yes to this very plan. The lease is held while it is waited for."""
        refuse_blockers(fresh)
        ledger, hours = self.cloud.ledger, self.form.answer_within_h
        asked = ledger.question(run, START)
        if asked is None:
            text = json.dumps(plan_to_json(fresh), sort_keys=True)
            ledger.ask(fresh.cloud, run, START, fresh.hash, text)
            words = f"plan {fresh.hash} waits for an answer, for {hours} h"
            self.teller.tell(Moment.APPROVAL_WANTED, words)
        return _yes(self._waited(START, plan_to_markdown(fresh)), asked, fresh)


def asking_run() -> FlowRun | None:
    """This flow run, when it can suspend to ask: it is a deployment's, and nobody's subflow."""
    run = _run()
    able = run is not None and run.deployment_id is not None and run.parent_task_run_id is None
    return run if able else None


def by_schedule() -> bool:
    """Whether a schedule made this flow run."""
    run = _run()
    return run is not None and bool(run.auto_scheduled)


def _run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context is not None else None


def _yes(answer: Approval, asked: Question | None, fresh: Plan) -> Approval:
    """The answer, if it is a yes to the plan made now. Raises RefusedError."""
    who = answer.approver or "somebody who gave no name"
    if answer.decision != "approve":
        raise RefusedError(f"{who} rejected plan {fresh.hash}; nothing was changed")
    if asked is not None and asked.plan_hash != fresh.hash:
        changed = difference(plan_from_json(json.loads(asked.plan)), fresh)
        raise RefusedError(
            f"{who} approved plan {asked.plan_hash}, but a fresh look at the cloud gives "
            f"{fresh.hash}; nothing was changed:\n" + "\n".join(changed),
            next_command="run the deployment again and read the new plan",
        )
    return answer


def _answer(shown: str, seconds: int, gate: str) -> Approval:
    wanted = Approval.with_initial_data(description=shown)
    try:
        return suspend_flow_run(wait_for_input=wanted, key=gate, timeout=seconds)
    except RuntimeError as error:
        raise PausedError(f"Prefect does not let this run wait for an answer: {error}") from None
