"""What Prefect may try again, and the state in which a task of ours ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from prefect import Task
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext

from ceilift.errors import CeiliftError, PausedError, StepFailedError, TransientError
from tasks import agents, api, database, health, restoring, scratch
from tasks.carry_out import NotStartedError
from tasks.catalog import TASKS, task_for
from tasks.retrying import RETRIES, NodesDone, is_transient, node_task
from tests.tasks.conftest import Runs


@dataclass
class Ended:
    """A state whose result is this error, or nothing."""

    error: Exception | None

    def result(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class TaskRunNumber:
    run_count: int


@dataclass
class Context:
    task_run: TaskRunNumber


def task_that(error: CeiliftError | None) -> Task[[list[str]], Any]:
    @node_task()
    def one(nodes: list[str]) -> NodesDone:
        if error is not None:
            raise error
        return [{"node": node, "detail": ""} for node in nodes]

    return one


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (TransientError("timed out"), True),
        (StepFailedError("no disk"), False),
        (PausedError("unclear"), False),
        (KeyError("ours"), False),
        (None, False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(
    error: Exception | None, *, again: bool
) -> None:
    ended = cast("State[Any]", Ended(error))

    assert is_transient(task_that(None), cast("TaskRun", None), ended) is again


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (NotStartedError("halted before"), "NotStarted"),
        (PausedError("unclear"), "Paused"),
        (StepFailedError("no disk"), "Failed"),
    ],
)
def test_a_known_end_is_a_state_with_the_message_alone(error: CeiliftError, name: str) -> None:
    state = task_that(error).fn(["x"])

    assert (state.name, state.message) == (name, str(error))
    assert state.data is None


@pytest.mark.parametrize("run_count", [1, RETRIES])
def test_a_transient_error_is_raised_while_tries_are_left(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, run_count: int
) -> None:
    session = runs.open()
    monkeypatch.setattr(TaskRunContext, "get", lambda: Context(TaskRunNumber(run_count)))

    with pytest.raises(TransientError):
        task_that(TransientError("timed out")).fn(["x"])

    assert session.error is None


def test_after_the_last_try_a_transient_error_halts_the_run(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = runs.open()
    monkeypatch.setattr(TaskRunContext, "get", lambda: Context(TaskRunNumber(RETRIES + 1)))

    state = task_that(TransientError("timed out")).fn(["database/backup"])

    assert state.is_failed()
    assert str(session.error) == "timed out"


def test_what_changes_a_database_and_gates_are_never_tried_again_all_others_are() -> None:
    final = {database.dbsync, scratch.rehearse, restoring.restore, health.judge}
    every = {*TASKS.values(), health.judge}

    assert {task for task in every if task.retries == 0} == final
    assert {task.retries for task in every - final} == {RETRIES}


def test_every_node_of_a_plan_has_its_task(runs: Runs) -> None:
    plan = runs.plan()

    assert {task_for(step) for step in plan.steps} == {
        database.backup,
        database.dbsync,
        agents.stop,
        agents.start,
        agents.enable,
        api.warm,
        api.switch,
    }
    assert {task_for(gate) for gate in plan.gates} == {health.judge}
