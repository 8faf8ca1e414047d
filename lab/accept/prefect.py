"""An upgrade operated from Prefect: started as a deployment's run, asked, approved, finished."""

from __future__ import annotations

import os
from collections.abc import Sequence
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun

from lab import traffic
from lab.accept import crashes, product, tutorial
from lab.accept.bed import bed
from lab.accept.browser import browser
from lab.accept.checks import Checks
from lab.accept.driven import CARRIED_OUT_S, CLOUD, DEPLOYMENT, PICKED_UP_S, Driven
from lab.accept.receiver import SLUG, receiver
from lab.accept.rolling import RATE
from lab.accept.windows import over_two_windows, two_windows
from lab.progress import Progress
from lab.readiness import now

APPROVER = "Ada"
REFUSED = 3


def run(short: bool) -> bool:  # noqa: FBT001 - how it was asked for
    """Serve, start a run over the API, answer it; its end and its figures."""
    checks, progress = Checks("prefect", short=short), Progress()
    lab = bed(CLOUD, progress)
    home = crashes.impatient_home(lab)
    os.environ.update({"CEILIFT_HOME": str(home), **crashes.QUICK})
    tutorial.typed(checks, "1.", "2.")
    served = product.ceilift("serve", "--status", "--format", "json", within=60)
    url = served.json()["ui"]
    with SyncPrefectClient(f"{url}/api") as client, browser(url, lab.root / "pictures") as ui:
        driven = Driven(client, lab, checks, progress, ui)
        rejected(driven)
        by_hand(driven)
        tutorial.typed(checks, "4.")
        in_second_ui(driven)
        if not short:
            bed(CLOUD, progress)
            with receiver(f"{url}/api") as heard:
                crashes.killed(driven, home, heard)
            bed(CLOUD, progress)
            with receiver(f"{url}/api") as heard:
                over_two_windows_by_itself(driven, heard)
    if not short:
        over_two_windows(bed(CLOUD, progress), CLOUD, checks, progress)
    tutorial.typed(checks, "5.")
    return checks.tell()


def rejected(driven: Driven) -> None:
    """Resumed without a word it is a no, and nothing was changed."""
    asked = driven.asked("resumed without a word")
    driven.client.resume_flow_run(asked.id)
    ended = driven.ended(asked.id)
    driven.checks.demand("no word is a no", ended.state_name == "Refused", ended.state_name)
    status = product.ceilift("status", "-i", str(driven.lab.inventory), "--format", "json")
    opened = status.json()["upgrade"] if status.code == 0 else status.stderr
    driven.checks.demand("and opens no upgrade", opened is None, opened)


def by_hand(driven: Driven) -> None:
    """Started from the form, approved in its dialog, read: all of it clicks in one UI."""
    deployment = driven.client.read_deployment_by_name(DEPLOYMENT)
    chosen = {
        "Cloud": driven.lab.inventory.stem,
        "Target release": CLOUD.new,
        "Only": "collector",
    }
    at = now()
    run = UUID(driven.ui.start_run(str(deployment.id), chosen, off="Dry run"))
    asked = driven.in_state(run, "Suspended", PICKED_UP_S)
    driven.checks.demand("form: asked after", True, f"{now() - at:.1f} s")  # noqa: FBT003
    others_are_refused(driven, asked)
    at = now()
    driven.ui.approve(str(run), APPROVER)
    goes_on(driven, run, "form", at)
    read = driven.ui.reads("/artifacts/key/report", "done, ", "report")
    driven.checks.demand("form: the report is read", read, read)


def in_second_ui(driven: Driven) -> None:
    """Approval and report in the other UI, and asked again after the canary."""
    asked = driven.asked("second UI", only=["notification"], gates=["after the canary"])
    at = now()
    driven.ui.approve_in_second(str(asked.id), APPROVER)
    again = driven.in_state(asked.id, "Suspended", CARRIED_OUT_S, behind=asked.state_id)
    driven.checks.demand("second UI: asked again", again.state_name == "Suspended", again.name)
    at = now()
    driven.ui.approve_in_second(str(asked.id), APPROVER)
    goes_on(driven, asked.id, "second UI", at)
    read = driven.ui.reads("/v2/artifacts/key/report", "done, ", "report-in-second")
    driven.checks.demand("second UI: the report is read", read, read)


def over_two_windows_by_itself(driven: Driven, heard: Sequence[str]) -> None:
    """A run that waits for its window is cut by it, and makes the one that goes on.

    `heard` are the subjects of the messages that people got.
    """
    traffic.start(driven.lab, RATE)
    windows = two_windows(driven.lab, notify=[SLUG])
    product.ceilift("inventory", "add", str(windows.file), within=60)
    product.ceilift("serve", "--format", "json", within=180)  # forms offer what is deployed
    only = ["collector", "notification", "polling"]
    wish = {**driven.form("over two windows"), "inventory": windows.file.stem, "only": only}
    words = ("--inventory", str(windows.file), "--to", CLOUD.new, "--path", "partial")
    plan = product.ceilift("plan", *words, "--only", ",".join(only), "--format", "json").json()
    made = driven.started({**wish, "wait": True, "approve": plan["hash"], "approver": APPROVER})
    cut = driven.ended(made.id)
    driven.checks.demand("by itself: cut", cut.state_name == "WindowClosed", cut.state_name)
    told = cut.state.message if cut.state is not None and cut.state.message else ""
    following = driven.client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled"]))
        )
    )
    names = [one.name for one in following if one.name in told]
    driven.checks.demand("by itself: the next run is made", len(names) == 1, names)
    rest = driven.ended(next(one.id for one in following if one.name in names))
    driven.checks.demand("by itself: finished", rest.state_name == "Completed", rest.state_name)
    found = driven.client.read_task_runs(
        flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[rest.id]))
    )
    first = min((one.start_time for one in found if one.start_time), default=None)
    inside = first is not None and first >= windows.second
    driven.checks.demand("by itself: acts in the next window", inside, first)
    verdicts = [subject.rpartition(": ")[2] for subject in heard]
    wanted = ["started", "WindowClosed", "started", "done"]
    driven.checks.demand("by itself: people were told", verdicts == wanted, ", ".join(verdicts))
    traffic.stop(driven.lab)


def others_are_refused(driven: Driven, asked: FlowRun) -> None:
    """While one run waits for its answer, nobody else acts on the cloud."""
    other = product.ceilift(
        "upgrade", "-i", str(driven.lab.inventory), "--to", CLOUD.new, "--approve", "0" * 16
    )
    driven.checks.demand("a second run is refused", other.code == REFUSED, other.code)
    driven.checks.demand("and told who holds the cloud", asked.name in other.stderr, asked.name)


def goes_on(driven: Driven, run: UUID, what: str, at: float) -> None:
    """Approved at that moment: it resumes, is carried out, and is recorded as Ada's."""
    driven.in_state(run, "Running", PICKED_UP_S)
    driven.checks.demand(f"{what}: from approval to resume", True, f"{now() - at:.1f} s")  # noqa: FBT003
    ended = driven.ended(run)
    driven.checks.demand(f"{what}: done", ended.state_name == "Completed", ended.state_name)
    kinds = driven.artifacts(run)
    wanted = {"hosts", "plan", "progress", "report"}
    driven.checks.demand(f"{what}: artifacts", wanted <= kinds, ", ".join(sorted(kinds)))
    past = product.ceilift("history", "-i", str(driven.lab.inventory), "--format", "json")
    name = past.json()[0]["approved_by"]
    driven.checks.demand(f"{what}: approved by", name == APPROVER, name)
