"""Retries for what may pass by itself, none for what will not, and no traceback for an operator."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.states import Cancelled, Failed

from ceilift.errors import CeiliftError, PausedError, TransientError
from tasks.carry_out import NotStartedError
from tasks.session import CURRENT, current

TOLERATED = "WithinBudget"  # the state of a failure that lets the other hosts of its stage go on
NOT_STARTED = "NotStarted"
RETRIES = 2
RETRY_DELAYS_S = [2.0, 10.0]

NodesDone = list[dict[str, str]]


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether Prefect may try again: only for a TransientError."""
    try:
        state.result()
    except TransientError:
        return True
    except Exception:  # noqa: BLE001 - any other failure is final
        return False
    return False


def node_task(
    retries: int = RETRIES,
) -> Callable[[Callable[[list[str]], NodesDone]], Task[[list[str]], Any]]:
    """A Prefect task that carries out nodes of the plan, named by their ids.

    Never cached. A known error becomes a Failed state (Paused, NotStarted: named so) with the
    message alone; a TransientError is raised while tries are left, so that Prefect retries.
    """

    def decorate(function: Callable[[list[str]], NodesDone]) -> Task[[list[str]], Any]:
        @functools.wraps(function)
        def run(nodes: list[str]) -> NodesDone | State[Any]:
            try:
                return function(nodes)
            except TransientError as error:
                if _tries_left(retries):
                    raise
                _give_up(nodes, error)
                return _end_state(nodes, error)
            except CeiliftError as error:
                return _end_state(nodes, error)

        declare = task(
            retries=retries,
            retry_delay_seconds=RETRY_DELAYS_S[:retries],
            retry_condition_fn=is_transient,
            cache_policy=NO_CACHE,
            persist_result=False,
        )
        return declare(run)

    return decorate


def _give_up(nodes: list[str], error: TransientError) -> None:
    """What does not pass by itself is a failure of its host; of several hosts at once, the end."""
    session = current()
    if len(nodes) == 1:
        session.fail(session.plan.node(nodes[0]), error)
    else:
        session.halt(error)


def _end_state(nodes: list[str], error: CeiliftError) -> State[Any]:
    if isinstance(error, NotStartedError):
        return Cancelled(name=NOT_STARTED, message=str(error))
    if isinstance(error, PausedError):
        return Failed(name="Paused", message=str(error))
    session = CURRENT.get(None)
    if session is not None and session.tolerates(nodes):
        return Failed(name=TOLERATED, message=str(error))
    return Failed(message=str(error))


def _tries_left(retries: int) -> bool:
    context = TaskRunContext.get()
    return context is not None and context.task_run.run_count <= retries
