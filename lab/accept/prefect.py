"""An upgrade operated from Prefect: started as a deployment's run, asked, approved, finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun

from lab import traffic
from lab.accept import product
from lab.accept.bed import bed
from lab.accept.browser import Browser, browser
from lab.accept.checks import Checks
from lab.accept.receiver import SLUG, receiver
from lab.accept.rolling import RATE
from lab.accept.windows import over_two_windows, two_windows
from lab.clouds import CloudName, cloud_named
from lab.progress import Progress
from lab.readiness import now
from lab.settings import Lab
from lab.waiting import until

CLOUD = cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7")
DEPLOYMENT = "partial-upgrade/partial-upgrade"
APPROVER = "Ada"
REFUSED = 3
PICKED_UP_S = 120  # a worker looks every ten seconds, and Prefect takes as long to load
CARRIED_OUT_S = 900


def run(short: bool) -> bool:  # noqa: FBT001 - how it was asked for
    """Serve, start a run over the API, answer it; its end and its figures."""
    checks, progress = Checks("prefect", short=short), Progress()
    lab = bed(CLOUD, progress)
    added = product.ceilift("inventory", "add", str(lab.inventory), within=60)
    checks.demand("inventory added", added.code == 0, added.code)
    served = product.ceilift("serve", "--format", "json", within=180)
    checks.demand("served", served.code == 0, served.json()["ui"] if served.code == 0 else "no")
    url = served.json()["ui"]
    with SyncPrefectClient(f"{url}/api") as client, browser(url, lab.root / "pictures") as ui:
        driven = Driven(client, lab, checks, progress, ui)
        driven.rejected()
        driven.by_hand()
        driven.in_second_ui()
        if not short:
            lab = bed(CLOUD, progress)
            with receiver(f"{url}/api") as heard:
                driven.over_two_windows(heard)
    if not short:
        over_two_windows(bed(CLOUD, progress), CLOUD, checks, progress)
    return checks.tell()


@dataclass(frozen=True, slots=True)
class Driven:
    """Runs of the lab's upgrade on the server that `ceilift serve` started."""

    client: SyncPrefectClient
    lab: Lab
    checks: Checks
    progress: Progress
    ui: Browser

    def rejected(self) -> None:
        """Resumed without a word it is a no, and nothing was changed."""
        asked = self.asked("resumed without a word")
        self.client.resume_flow_run(asked.id)
        ended = self.ended(asked.id)
        self.checks.demand("no word is a no", ended.state_name == "Refused", ended.state_name)
        status = product.ceilift("status", "-i", str(self.lab.inventory), "--format", "json")
        opened = status.json()["upgrade"] if status.code == 0 else status.stderr
        self.checks.demand("and opens no upgrade", opened is None, opened)

    def by_hand(self) -> None:
        """Started from the form, approved in its dialog, read: all of it clicks in one UI."""
        deployment = self.client.read_deployment_by_name(DEPLOYMENT)
        chosen = {
            "Cloud": self.lab.inventory.stem,
            "Target release": CLOUD.new,
            "Only": "collector",
        }
        at = now()
        run = UUID(self.ui.start_run(str(deployment.id), chosen, off="Dry run"))
        asked = self.in_state(run, "Suspended", PICKED_UP_S)
        self.checks.demand("form: asked after", True, f"{now() - at:.1f} s")  # noqa: FBT003
        self.others_are_refused(asked)
        at = now()
        self.ui.approve(str(run), APPROVER)
        self.goes_on(run, "form", at)
        read = self.ui.reads("/artifacts/key/report", "done, ", "report")
        self.checks.demand("form: the report is read", read, read)

    def in_second_ui(self) -> None:
        """Approval and report in the other UI, and asked again after the canary."""
        asked = self.asked("second UI", only=["notification"], gates=["after the canary"])
        at = now()
        self.ui.approve_in_second(str(asked.id), APPROVER)
        again = self.in_state(asked.id, "Suspended", CARRIED_OUT_S, behind=asked.state_id)
        self.checks.demand("second UI: asked again", again.state_name == "Suspended", again.name)
        at = now()
        self.ui.approve_in_second(str(asked.id), APPROVER)
        self.goes_on(asked.id, "second UI", at)
        read = self.ui.reads("/v2/artifacts/key/report", "done, ", "report-in-second")
        self.checks.demand("second UI: the report is read", read, read)

    def over_two_windows(self, heard: Sequence[str]) -> None:
        """A run that waits for its window is cut by it, and makes the one that goes on.

        `heard` are the subjects of the messages that people got.
        """
        traffic.start(self.lab, RATE)
        windows = two_windows(self.lab, notify=[SLUG])
        product.ceilift("inventory", "add", str(windows.file), within=60)
        product.ceilift("serve", "--format", "json", within=180)  # forms offer what is deployed
        only = ["collector", "notification", "polling"]
        wish = {**self.form("over two windows"), "inventory": windows.file.stem, "only": only}
        words = ("--inventory", str(windows.file), "--to", CLOUD.new, "--path", "partial")
        plan = product.ceilift("plan", *words, "--only", ",".join(only), "--format", "json").json()
        made = self.started({**wish, "wait": True, "approve": plan["hash"], "approver": APPROVER})
        cut = self.ended(made.id)
        self.checks.demand("by itself: cut", cut.state_name == "WindowClosed", cut.state_name)
        told = cut.state.message if cut.state is not None and cut.state.message else ""
        following = self.client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled"]))
            )
        )
        names = [one.name for one in following if one.name in told]
        self.checks.demand("by itself: the next run is made", len(names) == 1, names)
        rest = self.ended(next(one.id for one in following if one.name in names))
        self.checks.demand("by itself: finished", rest.state_name == "Completed", rest.state_name)
        found = self.client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[rest.id]))
        )
        first = min((one.start_time for one in found if one.start_time), default=None)
        inside = first is not None and first >= windows.second
        self.checks.demand("by itself: acts in the next window", inside, first)
        verdicts = [subject.rpartition(": ")[2] for subject in heard]
        wanted = ["started", "WindowClosed", "started", "done"]
        self.checks.demand("by itself: people were told", verdicts == wanted, ", ".join(verdicts))
        traffic.stop(self.lab)

    def others_are_refused(self, asked: FlowRun) -> None:
        """While one run waits for its answer, nobody else acts on the cloud."""
        other = product.ceilift(
            "upgrade", "-i", str(self.lab.inventory), "--to", CLOUD.new, "--approve", "0" * 16
        )
        self.checks.demand("a second run is refused", other.code == REFUSED, other.code)
        self.checks.demand("and told who holds the cloud", asked.name in other.stderr, asked.name)

    def goes_on(self, run: UUID, what: str, at: float) -> None:
        """Approved at that moment: it resumes, is carried out, and is recorded as Ada's."""
        self.in_state(run, "Running", PICKED_UP_S)
        self.checks.demand(f"{what}: from approval to resume", True, f"{now() - at:.1f} s")  # noqa: FBT003
        ended = self.ended(run)
        self.checks.demand(f"{what}: done", ended.state_name == "Completed", ended.state_name)
        kinds = self.artifacts(run)
        wanted = {"plan", "progress", "report"}
        self.checks.demand(f"{what}: artifacts", wanted <= kinds, ", ".join(sorted(kinds)))
        past = product.ceilift("history", "-i", str(self.lab.inventory), "--format", "json")
        name = past.json()[0]["approved_by"]
        self.checks.demand(f"{what}: approved by", name == APPROVER, name)

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
