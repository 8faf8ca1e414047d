"""Runs of a deployment, driven over the API of a real Prefect server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import FlowRun

from lab.accept.browser import Browser
from lab.accept.checks import Checks
from lab.clouds import CloudName, cloud_named
from lab.progress import Progress
from lab.readiness import now
from lab.settings import Lab
from lab.waiting import until

CLOUD = cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7")
DEPLOYMENT = "partial-upgrade/partial-upgrade"
PICKED_UP_S = 120  # a worker looks every ten seconds, and Prefect takes as long to load
CARRIED_OUT_S = 900


@dataclass(frozen=True, slots=True)
class Driven:
    """Runs of an upgrade of the inventory's cloud, on one server."""

    client: SyncPrefectClient
    lab: Lab
    checks: Checks
    progress: Progress
    ui: Browser
    inventory: Path

    def asked(self, comment: str, **wishes: object) -> FlowRun:
        """A run that has suspended to ask, started over the API."""
        at = now()
        made = self.started({**self.form(comment), **wishes})
        self.in_state(made.id, "Running", PICKED_UP_S)
        self.checks.demand(f"{comment}: from start to running", True, f"{now() - at:.1f} s")  # noqa: FBT003
        found = self.in_state(made.id, "Suspended", PICKED_UP_S)
        self.checks.demand(f"{comment}: asked after", True, f"{now() - at:.1f} s")  # noqa: FBT003
        return found

    def started(self, form: Mapping[str, Any]) -> FlowRun:
        """A run of the deployment, with that form, over the API."""
        deployment = self.client.read_deployment_by_name(DEPLOYMENT)
        return self.client.create_flow_run_from_deployment(deployment.id, parameters={"form": form})

    def form(self, comment: str) -> Mapping[str, Any]:
        """The form as somebody fills it in."""
        return {
            "inventory": self.inventory.stem,
            "to": CLOUD.new,
            "only": ["collector"],
            "dry_run": False,
            "comment": comment,
        }

    def ended(self, run: UUID) -> FlowRun:
        """The run, once it has ended in whatever way."""

        def look() -> FlowRun | None:
            found = self.client.read_flow_run(run)
            return found if found.state is not None and found.state.is_final() else None

        found = until(look, "the run has ended", CARRIED_OUT_S, every=1)
        self.progress.say(f"{found.name}: {found.state_name}: {found.state.message}")  # type: ignore[union-attr] # it is final
        return found

    def in_state(self, run: UUID, name: str, within: float, behind: UUID | None = None) -> FlowRun:
        """The run, once it is in such a state other than `behind`, or has ended."""

        def look() -> FlowRun | None:
            found = self.client.read_flow_run(run)
            final = found.state is not None and found.state.is_final()
            there = found.state_name == name and found.state_id != behind
            return found if final or there else None

        return until(look, f"the run is {name}", within, every=0.5)

    def artifacts(self, run: UUID) -> set[str]:
        """The keys of what the run left to be read."""
        found = self.client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run])),
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run])),
        )
        return {one.key for one in found if one.key}
