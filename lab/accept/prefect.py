"""An upgrade operated from Prefect: started as a deployment's run, asked, approved, finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

from lab.accept import product
from lab.accept.bed import bed
from lab.accept.checks import Checks
from lab.accept.windows import over_two_windows
from lab.clouds import CloudName, cloud_named
from lab.progress import Progress
from lab.readiness import now
from lab.settings import Lab
from lab.waiting import until

CLOUD = cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7")
DEPLOYMENT = "partial-upgrade/partial-upgrade"
PICKED_UP_S = 120  # a worker looks every ten seconds, and Prefect takes as long to load
CARRIED_OUT_S = 600


def run(short: bool) -> bool:  # noqa: FBT001 - how it was asked for
    """Serve, start a run over the API, answer it; its end and its figures."""
    checks, progress = Checks("prefect", short=short), Progress()
    lab = bed(CLOUD, progress)
    added = product.ceilift("inventory", "add", str(lab.inventory), within=60)
    checks.demand("inventory added", added.code == 0, added.code)
    served = product.ceilift("serve", "--format", "json", within=180)
    checks.demand("served", served.code == 0, served.json()["ui"] if served.code == 0 else "no")
    with SyncPrefectClient(f"{served.json()['ui']}/api") as client:
        driven = Driven(client, lab, checks, progress)
        driven.rejected()
        driven.approved()
    if not short:
        over_two_windows(bed(CLOUD, progress), CLOUD, checks, progress)
    return checks.tell()


@dataclass(frozen=True, slots=True)
class Driven:
    """Runs of the lab's upgrade, over the API of the server that `ceilift serve` started."""

    client: SyncPrefectClient
    lab: Lab
    checks: Checks
    progress: Progress

    def rejected(self) -> None:
        """Resumed without a word it is a no, and nothing was changed."""
        asked = self.asked("resumed without a word")
        self.client.resume_flow_run(asked.id)
        ended = self.ended(asked.id)
        self.checks.demand("no word is a no", ended.state_name == "Refused", ended.state_name)
        status = product.ceilift("status", "-i", str(self.lab.inventory), "--format", "json")
        opened = status.json()["upgrade"] if status.code == 0 else status.stderr
        self.checks.demand("and opens no upgrade", opened is None, opened)

    def approved(self) -> None:
        """Approved: what was shown is carried out, under one lease from the question on."""
        asked = self.asked("approved")
        other = product.ceilift(
            "upgrade", "-i", str(self.lab.inventory), "--to", CLOUD.new, "--approve", "0" * 16
        )
        self.checks.demand("a second run is refused", other.code == 3, other.code)  # noqa: PLR2004
        named = asked.name in other.stderr
        self.checks.demand("and told who holds the cloud", named, asked.name)
        answer = {"decision": "approve", "approver": "Ada", "comment": "by the API"}
        at = now()
        self.client.resume_flow_run(asked.id, run_input=answer)
        self.in_state(asked.id, "Running", PICKED_UP_S)
        self.checks.demand("from approval to resume", True, f"{now() - at:.1f} s")  # noqa: FBT003
        ended = self.ended(asked.id)
        self.checks.demand("done", ended.state_name == "Completed", ended.state_name)
        kinds = self.artifacts(asked.id)
        self.checks.demand("artifacts", {"plan", "report"} <= kinds, ", ".join(sorted(kinds)))
        past = product.ceilift("history", "-i", str(self.lab.inventory), "--format", "json")
        newest = past.json()[0]
        self.checks.demand("approved by", newest["approved_by"] == "Ada", newest["approved_by"])

    def asked(self, comment: str) -> FlowRun:
        """A run that has suspended to ask, its process gone."""
        deployment = self.client.read_deployment_by_name(DEPLOYMENT)
        at = now()
        made = self.client.create_flow_run_from_deployment(
            deployment.id, parameters={"form": self.form(comment)}
        )
        self.in_state(made.id, "Running", PICKED_UP_S)
        self.checks.demand(f"{comment}: from start to running", True, f"{now() - at:.1f} s")  # noqa: FBT003
        found = self.in_state(made.id, "Suspended", PICKED_UP_S)
        self.checks.demand(f"{comment}: asked after", True, f"{now() - at:.1f} s")  # noqa: FBT003
        return found

    def form(self, comment: str) -> Mapping[str, Any]:
        """The form as somebody fills it in."""
        return {
            "inventory": self.lab.inventory.stem,
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

    def in_state(self, run: UUID, name: str, within: float) -> FlowRun:
        """The run, once it is in the state, or past it."""

        def look() -> FlowRun | None:
            found = self.client.read_flow_run(run)
            final = found.state is not None and found.state.is_final()
            return found if final or found.state_name == name else None

        return until(look, f"the run is {name}", within, every=0.5)

    def artifacts(self, run: UUID) -> set[str]:
        """The keys of what the run left to be read."""
        found = self.client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run])),
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run])),
        )
        return {one.key for one in found if one.key}
