"""The run's progress as one artifact of the Prefect UI, brought up to date while it goes on."""

from __future__ import annotations

import threading
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID

from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactUpdate

from ceilift.plan import Plan
from ceilift.tally import Tally
from flows.artifacts import COURTESY
from tasks.progress import Progress

PERIOD_S = 2.0  # an update costs the server some 30 ms


class LiveArtifact:
    """Passes on what it is told, and shows it; use as a context, and say in the end how it ended.

    Showing is a courtesy: a server that does not take an update is no reason to stop.
    """

    def __init__(self, plan: Plan, other: Progress) -> None:
        self.ended = ""
        self._plan = plan
        self._tally = Tally(plan)
        self._other = other
        self._lock = threading.Lock()
        self._news, self._over = threading.Event(), threading.Event()
        self._id: UUID | None = None
        self._thread = threading.Thread(target=self._keep, name="live artifact", daemon=True)

    def __enter__(self) -> Self:
        made = COURTESY.show("progress", self._made)
        self._id = made if isinstance(made, UUID) else None
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def note(self, text: str) -> None:
        """Passed on."""
        self._other.note(text)

    def planned(self, nodes: tuple[str, ...], estimate_s: float) -> None:
        """Passed on."""
        self._other.planned(nodes, estimate_s)

    def started(self, node: str) -> None:
        """Passed on and shown."""
        with self._lock:
            self._tally.started(node)
        self._news.set()
        self._other.started(node)

    def finished(self, node: str, status: str, seconds: float) -> None:
        """Passed on and shown."""
        with self._lock:
            self._tally.finished(node, status)
        self._news.set()
        self._other.finished(node, status, seconds)

    def _keep(self) -> None:
        """Show what is new now and then, and the end; over one client: a new one costs 30 ms."""
        if self._id is None:
            return
        with get_client(sync_client=True) as client:
            while not self._over.wait(PERIOD_S):
                if self._news.is_set():
                    self._news.clear()
                    self._show(client, self._id)
            self._show(client, self._id)

    def _show(self, client: SyncPrefectClient, artifact: UUID) -> None:
        with self._lock:
            text = self._tally.to_markdown(self.ended)
        update = ArtifactUpdate(data=text)
        if not COURTESY.is_hopeless:
            show = partial(client.update_artifact, artifact, update)
            COURTESY.show("progress", show, self._other)

    def _made(self) -> object:
        return create_markdown_artifact(
            key="progress",
            markdown=self._tally.to_markdown(),
            description=f"Progress of plan {self._plan.hash}",
        )
