"""An upgrade as a run of a deployment, by a real worker: over the API of its Prefect server."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from uuid import uuid4

import requests

from lab import processes
from lab.errors import LabError
from lab.standin.controller import Controller
from lab.standin.place import NEW
from lab.waiting import until

ASKED_S = 60.0
ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class Run:
    """One flow run on the controller's server."""

    controller: Controller
    id: str

    @classmethod
    def started(cls, controller: Controller, path: str, plan: str) -> Self:
        """A run of the path's deployment, approved beforehand."""
        form: dict[str, Any] = {"inventory": str(controller.standin.lab.inventory), "to": NEW}
        form |= {"dry_run": False, "approve": plan, "approver": "Ada"}
        name = f"{path}-upgrade/{path}-upgrade"
        deployment = _asked(controller, "GET", f"deployments/name/{name}")["id"]
        way = f"deployments/{deployment}/create_flow_run"
        once = {"parameters": {"form": form}, "idempotency_key": str(uuid4())}
        made = _asked(controller, "POST", way, once)
        return cls(controller, str(made["id"]))

    def kill_engine(self) -> None:
        """SIGKILL to the processes that carry it out."""
        processes.kill(processes.of_flow_run(self.id))

    def kill_worker(self) -> None:
        """SIGKILL to the worker that started it; the engine is let be."""
        worker = self.controller.worker()
        if not worker:
            raise LabError("its worker has ended before it was killed")
        processes.kill({worker})

    def ended(self) -> bool:
        """Whether it has ended, as far as its server tells."""
        try:
            return _asked(self.controller, "GET", f"flow_runs/{self.id}")["state_type"] in ENDED
        except (requests.RequestException, LabError):
            return False

    def await_end(self, within: float) -> None:
        """Return when nothing carries it out any more."""
        gone = f"nothing carries out run {self.id}"
        until(lambda: not processes.of_flow_run(self.id), gone, within)


def _asked(
    controller: Controller, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The server's answer; one that is too busy for it (503) is asked again."""

    def ask() -> list[requests.Response]:
        with requests.Session() as session:
            session.trust_env = False
            address = f"{controller.api()}/{path}"
            found = session.request(method, address, json=body, timeout=ASKED_S)
        return [] if found.status_code == HTTPStatus.SERVICE_UNAVAILABLE else [found]

    [answer] = until(ask, f"an answer to {method} {path}", 5 * ASKED_S, every=1)
    if not answer.ok:
        raise LabError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found
