"""The life of a run: its lease, its upgrade, its approval, and how its end is written down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.errors import RefusedError, StepFailedError
from ceilift.plan import Plan
from ceilift.planner import make_plan
from tasks.run import Consent, approved_before, close_finished, dry_run
from tests import clouds
from tests.fakes import FakeProgress
from tests.tasks.conftest import Runs


def consent(plan: Plan, approver: str = "bob") -> Consent:
    return Consent(approver, "Prefect UI", "", plan.hash)


def test_an_approval_is_recorded_also_when_nobody_gave_a_name(runs: Runs) -> None:
    plan = runs.plan()
    session = runs.open(plan, consent(plan, approver=""))

    assert session.upgrade is not None
    found = runs.cloud.ledger.approved(session.upgrade, plan.hash)
    assert found is not None
    assert found.name == "not stated"


def test_going_on_under_an_approval_is_no_approval_of_its_own(runs: Runs) -> None:
    plan = runs.plan()
    session = runs.open(plan, consent(plan))
    runs.close()
    rest = runs.plan(api_after="collector")

    runs.open(rest, Consent("mallory", "terminal"))

    assert session.upgrade is not None
    assert runs.cloud.ledger.approved(session.upgrade, rest.hash) is None
    before = approved_before(runs.cloud.ledger, "test")
    assert before is not None
    assert before[1] == plan


def test_a_plan_approved_later_is_the_one_to_go_on_with(runs: Runs) -> None:
    plan = runs.plan()
    runs.open(plan, consent(plan))
    runs.close()
    later = runs.plan(first="pol1")

    runs.open(later, consent(later))

    before = approved_before(runs.cloud.ledger, "test")
    assert before is not None
    assert before[1] == later


def test_an_open_upgrade_to_another_release_is_refused_and_the_lease_given_back(
    runs: Runs,
) -> None:
    runs.open()
    runs.close()
    other = runs.plan(to="9.0.6")

    with pytest.raises(RefusedError, match=r"open upgrade to 9\.0\.7"):
        runs.open(other)
    runs.close()

    assert runs.cloud.ledger.leases.holder("test") is None


def test_a_second_run_is_refused_while_one_holds_the_lease(runs: Runs) -> None:
    runs.open()

    with pytest.raises(RefusedError, match="is held by"):
        runs.open()


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(StepFailedError("password=hunter2"), "failed"), (KeyboardInterrupt(), "interrupted")],
)
def test_an_end_by_exception_is_written_down_without_secrets(
    runs: Runs, error: BaseException, outcome: str
) -> None:
    def run() -> None:
        with runs.stack:
            runs.open()
            raise error

    with pytest.raises(type(error)):
        run()

    found = runs.cloud.ledger.open_upgrade("test")
    assert found is not None
    assert found.state == outcome
    assert runs.cloud.ledger.leases.holder("test") is None


def test_a_halted_run_is_no_done_run(runs: Runs) -> None:
    runs.open().halt(StepFailedError("no disk"))
    runs.close()

    found = runs.cloud.ledger.open_upgrade("test")
    assert found is not None
    assert found.state == "failed"


def test_exceptions_of_the_operator_are_recorded_with_their_reason(runs: Runs) -> None:
    session = runs.open(runs.plan(without={"pol1": "broken fan"}))

    assert session.upgrade is not None
    aside = runs.cloud.ledger.aside("test")
    assert [(one.host, one.reason) for one in aside] == [("pol1", "broken fan")]


def test_a_changed_plan_does_not_set_the_same_host_aside_twice(runs: Runs) -> None:
    for changes in ({}, {"first": "ctl2"}):
        runs.open(runs.plan(without={"pol1": "broken fan"}, **changes))
        runs.close()

    assert [one.host for one in runs.cloud.ledger.aside("test")] == ["pol1"]


def test_a_finished_upgrade_is_closed_and_no_other(runs: Runs) -> None:
    runs.open()
    runs.close()
    close_finished(runs.cloud.ledger, runs.plan(to="9.0.6"), "another one")
    assert runs.cloud.ledger.open_upgrade("test") is not None
    close_finished(runs.cloud.ledger, runs.plan(), "all there")

    assert runs.cloud.ledger.open_upgrade("test") is None
    assert runs.cloud.ledger.leases.holder("test") is None


def test_a_dry_run_writes_nothing_and_sends_nothing(runs: Runs) -> None:
    session = dry_run(runs.cloud.as_cloud(), clouds.catalogue(), runs.plan(), FakeProgress())

    shell = session.cloud.connections.shell("ctl1")
    session.actor.act(shell, "collector/stop/ctl1", "stop", "exit 1")

    assert session.dry_run
    assert runs.cloud.connections.asked == []
    assert runs.cloud.ledger.history("test") == ()


def back(runs: Runs) -> Plan:
    """The plan that takes the upgrade back, once all of it is done."""
    state = clouds.all_at(runs.cloud.inventory, "9.0.7")
    state = replace(state, former=runs.state().instances, left="9.0.7")
    asked = clouds.request("8.1.5", rollback=True)
    return make_plan(runs.cloud.inventory, state, clouds.catalogue(), asked)


def test_a_rollback_ends_the_open_upgrade_and_has_a_record_of_its_own(runs: Runs) -> None:
    forward = runs.open()
    runs.close()

    session = runs.open(back(runs))

    assert session.upgrade not in {None, forward.upgrade}
    newest, oldest = runs.cloud.ledger.history("test")
    assert (newest.id, newest.undoes) == (session.upgrade, forward.upgrade)
    assert oldest.outcome == "undone"


def test_a_rollback_goes_on_with_itself(runs: Runs) -> None:
    runs.open()
    runs.close()
    first = runs.open(back(runs))
    runs.close()

    assert runs.open(back(runs)).upgrade == first.upgrade


def test_while_a_rollback_is_open_no_upgrade_begins(runs: Runs) -> None:
    runs.open()
    runs.close()
    runs.open(back(runs))
    runs.close()

    with pytest.raises(RefusedError, match=r"open rollback to 8\.1\.5"):
        runs.open()


def test_where_nothing_is_to_be_taken_back_the_open_upgrade_ends_undone(runs: Runs) -> None:
    runs.open()
    runs.close()

    close_finished(runs.cloud.ledger, back(runs), "nothing had been begun")

    (past,) = runs.cloud.ledger.history("test")
    assert (past.outcome, past.detail) == ("undone", "nothing had been begun")
