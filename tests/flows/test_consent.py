"""Who agrees to a plan: what is asked, what an answer means, and what is never carried out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.schemas.objects import FlowRun

from ceilift.errors import ApprovalWantedError, PausedError, RefusedError
from ceilift.plan import Plan
from ceilift.plan_json import plan_to_json
from ceilift.planner import make_plan
from flows import consent
from flows.consent import Approval, Asking
from flows.request import FullUpgradeForm
from flows.telling import Moment, Teller
from tasks.lease import LeaseKeeper, held
from tests import clouds
from tests.fakes import FakeCloud, FakeProgress, fake_ledger

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})
STATE = clouds.all_at(CLOUD, "8.1.5")
YES = Approval(decision="approve", approver="Ada", comment="fine")


class Suspended(BaseException):
    """What Prefect raises to end the process, as this test's stand-in sees it."""


@dataclass
class Asked:
    """A flow run of a deployment, and what somebody has answered so far."""

    cloud: FakeCloud
    keeper: LeaseKeeper
    answer: Approval | None = None
    shown: list[str] = field(default_factory=list)
    told: list[Moment] = field(default_factory=list)

    def plan(self, **changes: clouds.Field) -> Plan:
        return make_plan(CLOUD, STATE, clouds.catalogue(), clouds.request(**changes))

    def asking(self, **fields: object) -> Asking:
        form = FullUpgradeForm.model_validate({"inventory": "x.yaml", "to": "9.0.7", **fields})
        teller = Teller("test", "9.0.7", (), FakeProgress())
        return Asking(self.cloud.as_cloud(), form, self.keeper, teller, typed=False)

    def tells(self, moment: Moment, _text: str, **_more: str) -> None:
        self.told.append(moment)

    def suspends(self, shown: str, _seconds: int, _gate: str) -> Approval:
        self.shown.append(shown)
        if self.answer is None:
            raise Suspended
        return self.answer


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    cloud = FakeCloud(CLOUD, fake_ledger(tmp_path))
    with ExitStack() as stack:
        keeper = stack.enter_context(held(cloud.ledger, "test", FakeProgress(), "flow run x"))
        made = Asked(cloud, keeper)
        run = FlowRun.model_validate(
            {"id": UUID(int=7), "flow_id": UUID(int=1), "deployment_id": UUID(int=2), "name": "x"}
        )
        monkeypatch.setattr(consent, "_run", lambda: run)
        monkeypatch.setattr(consent, "_answer", made.suspends)
        monkeypatch.setattr(Teller, "tell", made.tells)
        yield made
    cloud.ledger.dispose()


def test_a_run_without_an_approval_asks_and_holds_the_lease_meanwhile(asked: Asked) -> None:
    plan = asked.plan()

    with pytest.raises(Suspended):
        asked.asking().consented(plan, STATE)

    assert plan.hash in asked.shown[0]
    assert asked.told == [Moment.APPROVAL_WANTED]
    assert asked.keeper.waiting
    holder = asked.cloud.ledger.leases.holder("test")
    assert holder is not None
    assert holder.stage == "waits for an answer (start)"


def test_a_yes_to_the_plan_that_was_shown_is_an_approval_of_it(asked: Asked) -> None:
    with pytest.raises(Suspended):
        asked.asking().consented(asked.plan(), STATE)
    asked.answer = YES

    plan, given = asked.asking(comment="at night").consented(asked.plan(), STATE)

    assert (given.plan_hash, given.approver, given.how) == (plan.hash, "Ada", "Prefect UI")
    assert given.comment == "fine"
    assert asked.told == [Moment.APPROVAL_WANTED]
    assert not asked.keeper.waiting


def test_resumed_without_a_word_it_is_a_no(asked: Asked) -> None:
    asked.answer = Approval()

    with pytest.raises(RefusedError, match="somebody who gave no name rejected plan"):
        asked.asking().consented(asked.plan(), STATE)

    assert not asked.keeper.waiting


def test_a_yes_to_another_plan_is_refused_with_the_difference(asked: Asked) -> None:
    with pytest.raises(Suspended):
        asked.asking().consented(asked.plan(), STATE)
    asked.answer = YES

    with pytest.raises(RefusedError, match="Ada approved plan") as refused:
        asked.asking().consented(asked.plan(api_after="database", to="9.0.6"), STATE)

    assert "to: 9.0.7, now 9.0.6" in str(refused.value)


def test_a_hash_in_the_form_needs_no_question(asked: Asked) -> None:
    plan = asked.plan()

    found, given = asked.asking(approve=plan.hash, approver="Bob").consented(plan, STATE)

    assert (found, given.approver) == (plan, "Bob")
    assert not asked.shown


def test_where_nobody_can_be_asked_the_run_pauses(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "_run", lambda: None)

    with pytest.raises(PausedError, match="is not approved"):
        asked.asking().consented(asked.plan(), STATE)

    assert not asked.shown


def test_what_an_earlier_ceilift_left_open_and_nobody_approved_is_not_gone_on_with(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed between opening the upgrade and writing its approval down."""
    plan, ledger = asked.plan(), asked.cloud.ledger
    ledger.begin(asked.keeper.lease, json.dumps(plan_to_json(plan)), "[]")
    monkeypatch.setattr(consent, "_run", lambda: None)

    with pytest.raises(PausedError, match="nobody has approved") as told:
        asked.asking().consented(plan, STATE)

    assert told.value.next_command == f"ceilift resume --approve {plan.hash}"
    found, given = asked.asking(approve=plan.hash).consented(plan, STATE)
    assert (found, given.plan_hash) == (plan, plan.hash)


def test_on_its_way_it_asks_again_and_what_was_answered_is_not_asked_twice(asked: Asked) -> None:
    plan, gate = asked.plan(), "canary-collector"
    wanted = ApprovalWantedError("an approval is wanted", gate=gate, left=("database/dbsync",))

    with pytest.raises(Suspended):
        asked.asking().ask_again(plan, wanted)

    assert gate in asked.shown[0]
    assert asked.told == [Moment.APPROVAL_WANTED]
    asked.answer = YES
    assert asked.asking().answered([gate, "another"]) == {gate}


def test_a_no_on_its_way_pauses_and_keeps_what_was_done(asked: Asked) -> None:
    wanted = ApprovalWantedError("an approval is wanted", gate="stage-polling", left=("x",))
    asked.answer = Approval(approver="Ada")
    asked.cloud.ledger.ask("test", str(UUID(int=7)), wanted.gate, "abc", "{}")

    with pytest.raises(PausedError, match=r"Ada said no \(stage-polling\); what was done is kept"):
        asked.asking().answered([wanted.gate])


def test_a_run_that_was_answered_is_not_refused_outside_its_window(asked: Asked) -> None:
    assert asked.asking().keeps_to_window
    with pytest.raises(Suspended):
        asked.asking().consented(asked.plan(), STATE)

    assert not asked.asking().keeps_to_window
    assert asked.asking(wait=True).keeps_to_window
