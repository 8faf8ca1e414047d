"""Clouds side by side: each takes the next job when it is free."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar


class Bed(Protocol):
    """One of several clouds, with a Prefect server of its own."""

    def up(self) -> None:
        """Have its servers run; nothing is left of what ran there before."""
        ...

    def down(self) -> None:
        """End every process of it."""
        ...

    def deploy(self) -> None:
        """Deploy every flow at its Prefect server."""
        ...

    def deploy_as(self, other: Self) -> None:
        """Have its Prefect server begin as the other one was after `deploy`."""
        ...


T = TypeVar("T", bound=Bed)
Job = Callable[[T], None]


class SideBySide(Generic[T]):
    """Clouds that come up when there is something to do, and go down at the end of the block.

    Flows are deployed once, on the cloud that comes up first: that takes half a minute.
    """

    def __init__(self, clouds: Sequence[T]) -> None:
        self._clouds = clouds
        self._up: list[T] = []
        self._lock = Lock()
        self._deployed: T | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for cloud in self._up:
            cloud.down()

    def carry_out(self, jobs: Sequence[Job[T]]) -> None:
        """Every job, in this order, on whichever cloud is free.

        The first error of a job, or of a cloud that comes up, is raised when what had begun has
        ended; no other job begins.
        """
        left = deque(jobs)
        if not left:
            return
        with ThreadPoolExecutor(len(self._clouds)) as pool:
            ends = [pool.submit(self._take, cloud, left) for cloud in self._clouds]
            try:
                for end in ends:
                    end.result()
            finally:
                left.clear()

    def _take(self, cloud: T, left: deque[Job[T]]) -> None:
        try:
            self._come_up(cloud)
            while job := _next(left):
                job(cloud)
        except BaseException:
            left.clear()
            raise

    def _come_up(self, cloud: T) -> None:
        if cloud in self._up:
            return
        self._up.append(cloud)
        cloud.up()
        with self._lock:
            if self._deployed is None:
                cloud.deploy()
                self._deployed = cloud
        if cloud is not self._deployed:
            cloud.deploy_as(self._deployed)


def _next(left: deque[Job[T]]) -> Job[T] | None:
    """The next job, if another cloud was not faster."""
    try:
        return left.popleft()
    except IndexError:
        return None
