"""An upgrade as a run of a deployment, by a real worker: over the API of its Prefect server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectHTTPStatusError

from lab import processes
from lab.errors import TimeUpError
from lab.standin.controller import Controller
from lab.standin.place import NEW
from lab.waiting import until

SERVED_S, PICKED_UP_S = 300.0, 120.0
CLOSED = (httpx.HTTPError, PrefectHTTPStatusError, OSError)


@dataclass(frozen=True, slots=True)
class Run:
    """One flow run on the controller's server."""

    controller: Controller
    id: UUID

    @classmethod
    def started(cls, controller: Controller, path: str, plan: str) -> Self:
        """A run of the path's deployment, approved beforehand; server and worker run."""
        said = controller.ceilift("serve", "--format", "json", within=SERVED_S)
        if said.code != 0:
            raise TimeUpError(f"serve ended with {said.code}: {said.stderr[-300:]}")
        form: dict[str, Any] = {"inventory": str(controller.standin.lab.inventory), "to": NEW}
        form |= {"dry_run": False, "approve": plan, "approver": "Ada"}
        with SyncPrefectClient(api=controller.api()) as client:
            name = f"{path}-upgrade/{path}-upgrade"
            deployment = client.read_deployment_by_name(name)
            made = client.create_flow_run_from_deployment(deployment.id, parameters={"form": form})
        return cls(controller, made.id)

    def kill_engine(self) -> None:
        """SIGKILL to the processes that carry it out."""
        processes.kill(processes.of_flow_run(self.id))

    def kill_worker(self) -> None:
        """SIGKILL to the worker that started it; the engine is let be."""
        processes.kill({self.controller.worker()})

    def ended(self) -> bool:
        """Whether it has ended, as far as its server tells."""
        found = self._read()
        return found is not None and found.state is not None and found.state.is_final()

    def await_end(self, within: float) -> None:
        """Return when nothing carries it out any more."""
        alive = f"run {self.id} ends"
        until(lambda: not processes.of_flow_run(self.id), alive, within)

    def _read(self) -> FlowRun | None:
        try:
            with SyncPrefectClient(api=self.controller.api()) as client:
                return client.read_flow_run(self.id)
        except CLOSED:
            return None
