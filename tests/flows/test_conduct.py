"""How a run is conducted: what ends it, what is written down, and what a dry run leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.states import Cancelled, Completed, Failed, Pending

from ceilift.clock import now
from ceilift.errors import (
    BadInputError,
    CeiliftError,
    Fault,
    OutsideWindowError,
    PausedError,
    RefusedError,
)
from ceilift.planner import make_plan
from flows import conduct
from flows.conduct import _account, _nothing_to_do, _waits, ended
from flows.conducted import Conducted
from flows.request import FullUpgradeForm
from tasks.lease import held
from tasks.retrying import NOT_STARTED
from tasks.run import Consent, recorded_run
from tasks.session import Session
from tests import clouds
from tests.fakes import FakeCloud, FakeProgress, fake_ledger

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})
BEFORE = clouds.all_at(CLOUD, "8.1.5")
AFTER = clouds.all_at(CLOUD, "9.0.7")
PLAN = make_plan(CLOUD, BEFORE, clouds.catalogue(), clouds.request())


class Open:
    """A cloud with an upgrade begun on it."""

    def __init__(self, folder: Path) -> None:
        self.cloud = FakeCloud(CLOUD, fake_ledger(folder))
        self.progress = FakeProgress()

    def run(self, stack: ExitStack) -> Session:
        consent = Consent("ann", "terminal", "", PLAN.hash)
        keeper = stack.enter_context(held(self.cloud.ledger, CLOUD.cloud, self.progress))
        found = (self.cloud.as_cloud(), clouds.catalogue(), PLAN, BEFORE, consent, keeper)
        return stack.enter_context(recorded_run(*found))


@pytest.fixture
def upgrade(tmp_path: Path) -> Iterator[Open]:
    made = Open(tmp_path)
    yield made
    made.cloud.ledger.dispose()


def nothing_to_do(upgrade: Open, *, dry: bool, **changes: clouds.Field) -> Any:  # noqa: ANN401
    empty = make_plan(CLOUD, AFTER, clouds.catalogue(), clouds.request(**changes))
    return _nothing_to_do(upgrade.cloud.as_cloud(), empty, AFTER, dry=dry)


@pytest.mark.parametrize("dry", [True, False])
def test_with_nothing_left_the_open_upgrade_is_closed_but_not_by_a_dry_run(
    upgrade: Open, *, dry: bool
) -> None:
    with ExitStack() as stack:
        upgrade.run(stack)

    state = nothing_to_do(upgrade, dry=dry)

    assert state.is_completed()
    assert (upgrade.cloud.ledger.open_upgrade("test") is None) is (not dry)


def test_while_a_run_acts_no_other_begins(upgrade: Open) -> None:
    with ExitStack() as stack:
        upgrade.run(stack)

        with pytest.raises(RefusedError, match="is held by"):
            stack.enter_context(held(upgrade.cloud.ledger, "test", upgrade.progress))


def test_an_account_that_cannot_be_made_does_not_hide_how_the_run_ended(
    upgrade: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_session: Session) -> None:
        raise CeiliftError("the database does not answer")

    monkeypatch.setattr(conduct, "account_for", fails)
    with ExitStack() as stack:
        assert _account(upgrade.run(stack)) is None

    assert "the database does not answer" in upgrade.progress.notes[-1]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RefusedError("held"), "Refused"),
        (PausedError("unclear"), "Paused"),
        (BadInputError([Fault("a", "b", "c", "d")]), "BadInput"),
        (CeiliftError("broken"), "Failed"),
    ],
)
def test_a_known_end_is_a_state_that_says_which(error: CeiliftError, name: str) -> None:
    error.next_command = "ceilift status"

    state = ended(error)

    assert (state.name, state.is_failed()) == (name, True)
    assert state.message == f"{error}\nNext: ceilift status"


@dataclass
class Ended:
    """A task run as the flow looks at it once it has ended."""

    state: State[Any]


@pytest.mark.parametrize(
    ("state", "halts"),
    [
        (Completed(), False),
        (Cancelled(name=NOT_STARTED), False),
        (Pending(name="NotReady", message="its upstream was not completed"), False),
        (Failed(message="it broke"), True),
    ],
)
def test_a_task_run_whose_need_was_not_met_is_no_news(
    upgrade: Open, state: State[Any], *, halts: bool
) -> None:
    with ExitStack() as stack:
        session = upgrade.run(stack)

        Conducted(session)._notice(cast("PrefectFuture[Any]", Ended(state)))

        assert (session.error is not None) is halts


@pytest.mark.parametrize(
    ("wait", "opens_in", "waits"),
    [(False, 0.5, True), (False, 3600.0, False), (True, 3600.0, True), (True, None, False)],
)
def test_a_run_that_is_a_moment_early_waits_for_its_window(
    *, wait: bool, opens_in: float | None, waits: bool
) -> None:
    form = FullUpgradeForm.model_validate({"inventory": "x.yaml", "to": "9.0.7", "wait": wait})
    opens = None if opens_in is None else now() + opens_in

    assert _waits(form, OutsideWindowError("closed", opens=opens)) is waits
