"""A running upgrade as a flow sees it: stages that it can run, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prefect.futures import PrefectFuture

from ceilift.errors import StepFailedError
from flows.execution import submit
from tasks.retrying import NOT_STARTED, TOLERATED
from tasks.session import Session

NOT_READY = "NotReady"  # of a task run whose need was not met: that need's own state says why

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
        self._keep_to_guard()
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

    def _keep_to_guard(self) -> None:
        """A stage that was cut ends the run; one that outlasted its window is told."""
        guard = self.session.guard
        if guard is None:
            return
        ended = guard.ended(self.session.left())
        if ended is not None:
            self.session.halt(ended)
        elif (late := guard.overrun_s()) > 0:
            note = f"{late:.0f} s past the cutoff: what had begun was finished"
            self.session.progress.note(note)

    def _notice(self, future: PrefectFuture[Any]) -> None:
        state = future.state
        known = state.is_completed() or state.name in {TOLERATED, NOT_STARTED, NOT_READY}
        if not known and self.session.error is None:
            self.session.halt(StepFailedError(state.message or f"a task ended {state.name}"))
