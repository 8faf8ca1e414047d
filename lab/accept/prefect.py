"""Upgrades operated from Prefect: clicks, kills, windows, a team; each scenario on its own bed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateName,
)

from lab import traffic
from lab.accept import crashes, in_ui, product, tutorial
from lab.accept.bed import bed
from lab.accept.browser import browser
from lab.accept.checks import Checks
from lab.accept.driven import CLOUD, Driven
from lab.accept.kept import clean_commit, kept_results
from lab.accept.receiver import SLUG, receiver
from lab.accept.rolling import RATE
from lab.accept.team import two_machines
from lab.accept.windows import over_two_windows, two_windows
from lab.progress import Progress
from lab.settings import the_lab

IN_SHORT = (1,)


def run(short: bool, parts: Sequence[int]) -> bool:  # noqa: FBT001 - how it was asked for
    """The given scenarios (by default all, of the short form the first); what they demanded."""
    checks = Checks("prefect", short=short)
    kept = kept_results(the_lab().root / "accept-prefect.jsonl", "" if short else clean_commit())
    try:
        for number in parts or (IN_SHORT if short else SCENARIOS):
            name, play = SCENARIOS[number]
            print(f"scenario {number}: {name}", flush=True)
            kept.once(checks, f"{number} {name}", _without_row(play))
    finally:
        product.ceilift("serve", "--stop", within=120)
    return checks.tell()


def _without_row(play: Play) -> Callable[[Checks], str]:
    """The scenario for who keeps results, of which these have no line in a table."""

    def run(own: Checks) -> str:
        play(own)
        return ""

    return run


def clicks(checks: Checks) -> None:
    """The tutorial as it stands, and around its commands the clicks in both UIs."""
    bed(CLOUD, Progress())
    tutorial.typed(checks, "1.", "2.")
    with served(checks) as driven:
        in_ui.rejected(driven)
        in_ui.by_hand(driven)
        tutorial.typed(checks, "4.")
        in_ui.in_second_ui(driven)
    tutorial.typed(checks, "5.")


def ahead_and_back(checks: Checks) -> None:
    """A release staged ahead, an upgrade taken back: by clicks."""
    bed(CLOUD, Progress())
    with served(checks) as driven:
        in_ui.staged(driven)
        in_ui.taken_back(driven)


def killed(checks: Checks) -> None:
    """Engine, worker, both; a run that comes too late."""
    bed(CLOUD, Progress())
    with served(checks) as driven, receiver(str(driven.client.api_url)) as heard:
        crashes.killed(driven, heard)


def windows_by_itself(checks: Checks) -> None:
    """A scheduled upgrade over two windows that nobody attends."""
    bed(CLOUD, Progress())
    with served(checks) as driven, receiver(str(driven.client.api_url)) as heard:
        over_two_windows_by_itself(driven, heard)


def windows_from_terminal(checks: Checks) -> None:
    """An upgrade over two windows from the terminal."""
    progress = Progress()
    over_two_windows(bed(CLOUD, progress), CLOUD, checks, progress)


def of_a_team(checks: Checks) -> None:
    """PostgreSQL, a password, two workers of which one dies."""
    progress = Progress()
    two_machines(bed(CLOUD, progress), checks, progress)


@contextmanager
def served(checks: Checks) -> Iterator[Driven]:
    """A private server, its worker and the lab as a cloud that it knows; and a browser."""
    lab, progress = the_lab(), Progress()
    os.environ.update({"CEILIFT_HOME": str(crashes.impatient_home(lab)), **crashes.QUICK})
    product.ceilift("inventory", "add", str(lab.inventory), within=60)
    url = product.ceilift("serve", "--format", "json", within=240).json()["ui"]
    with SyncPrefectClient(f"{url}/api") as client, browser(url, lab.root / "pictures") as ui:
        yield Driven(client, lab, checks, progress, ui, lab.inventory)


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
    made = driven.started(
        {**wish, "wait": True, "approve": plan["hash"], "approver": in_ui.APPROVER}
    )
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


Play = Callable[[Checks], None]

SCENARIOS: Mapping[int, tuple[str, Play]] = {
    1: ("clicks", clicks),
    2: ("ahead and back", ahead_and_back),
    3: ("killed", killed),
    4: ("two windows by itself", windows_by_itself),
    5: ("two windows from the terminal", windows_from_terminal),
    6: ("a team", of_a_team),
}
