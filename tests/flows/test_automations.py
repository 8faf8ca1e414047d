"""Runs that are lost, stranded, crashed or late: noticed, marked, told; and none that only waits.

A real server, set up by `ceilift deploy`; its automations are the file's, but quicker.
"""

# ruff: noqa: PLC0415 - fast tests must not pay for Prefect

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import requests

from flows.automations import FILE

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(600)]

WITHIN_S = 120
NAMES = {"ceilift-lost", "ceilift-stranded", "ceilift-crashed", "ceilift-late"}


def ceilift(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from flows.cli import app; app()", *words],
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Site:
    """A private Prefect server with everything deployed, and whom it tells."""

    client: SyncPrefectClient
    heard: list[str]

    def automations(self) -> list[Any]:
        return self.client.read_automations()

    def run(self, state: Any = None) -> FlowRun:  # noqa: ANN401
        deployment = self.client.read_deployment_by_name("preflight/preflight")
        form = {"inventory": "cloud.yaml", "to": "9.0.7"}
        return self.client.create_flow_run_from_deployment(
            deployment.id, parameters={"form": form}, state=state
        )


def until(look: Callable[[], bool]) -> bool:
    deadline = monotonic() + WITHIN_S
    while not look() and monotonic() < deadline:
        sleep(0.5)
    return look()


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows import server
    from lab.accept.receiver import receiver

    home = tmp_path_factory.mktemp("home")
    shutil.copy(root / "prefect.yaml", home)
    (home / FILE.parent).mkdir()
    slow = (root / FILE).read_text()
    (home / FILE).write_text(slow.replace("within: 540", "within: 10").replace("300", "10"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CEILIFT_STATE", str(home / "state"))
        patch.setenv("CEILIFT_HOME", str(home))
        patch.setenv("PYTHONPATH", str(root))
        try:
            done = ceilift("deploy")
            assert done.returncode == 0, done.stderr
            found = server.running_server()
            assert found is not None
            with (
                temporary_settings({PREFECT_API_URL: found.api_url}),
                get_client(sync_client=True) as client,
                receiver(found.api_url) as heard,
            ):
                yield Site(client, heard)
        finally:
            server.stop_server()


@pytest.fixture(scope="module")
def telling(site: Site) -> Site:
    from lab.accept.receiver import SLUG

    done = ceilift("deploy", "--notify", SLUG)
    assert done.returncode == 0, done.stderr
    return site


def state_of(site: Site, run: UUID) -> Any:  # noqa: ANN401
    return site.client.read_flow_run(run).state


def beat(site: Site, run: FlowRun) -> None:
    """What an engine says of itself while it lives, sent as it does: but at once, and to `site`."""
    event = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run.id}"},
        "related": [{"prefect.resource.id": "prefect.tag.ceilift", "prefect.resource.role": "tag"}],
    }
    requests.post(f"{site.client.api_url}events", json=[event], timeout=30).raise_for_status()


def test_a_block_that_is_not_there_is_named_and_nothing_is_registered(site: Site) -> None:
    there = site.automations()

    done = ceilift("deploy", "--notify", "slack-webhook/nobody")

    assert done.returncode == 2
    assert "slack-webhook/nobody: there is no such block" in done.stderr
    assert site.automations() == there


def test_deployed_again_there_is_one_of_each_and_it_tells_whom_it_told(telling: Site) -> None:
    before = {one.name: one.actions for one in telling.automations()}

    done = ceilift("deploy")

    assert done.returncode == 0, done.stderr
    after = telling.automations()
    assert len(after) == len(NAMES)
    assert {one.name: one.actions for one in after} == before
    assert set(before) == NAMES
    kinds = {name: [action.type for action in actions] for name, actions in before.items()}
    assert kinds["ceilift-late"] == kinds["ceilift-crashed"] == ["send-notification"]


def test_a_stranded_run_is_marked_and_told(telling: Site) -> None:
    from prefect.states import Pending

    run = telling.run()
    telling.client.set_flow_run_state(run.id, Pending())

    assert until(lambda: state_of(telling, run.id).is_crashed())
    assert "Nothing was done" in state_of(telling, run.id).message
    assert until(lambda: f"Ceilift: {run.name}: ceilift-crashed" in telling.heard)


def test_a_run_without_heartbeat_is_marked_and_one_that_waits_for_an_answer_is_not(
    telling: Site,
) -> None:
    from prefect.states import Running, Suspended

    waits, lost = telling.run(), telling.run()
    for run in (waits, lost):
        telling.client.set_flow_run_state(run.id, Running(), force=True)
        beat(telling, run)
    telling.client.set_flow_run_state(waits.id, Suspended(timeout_seconds=3600), force=True)

    assert until(lambda: state_of(telling, lost.id).is_crashed())
    assert "heartbeat is lost" in state_of(telling, lost.id).message
    assert state_of(telling, waits.id).name == "Suspended"


def test_a_late_run_is_told_and_left_alone(telling: Site) -> None:
    from prefect.states import Scheduled

    run = telling.run(Scheduled(scheduled_time=datetime.now(UTC) - timedelta(minutes=1)))

    assert until(lambda: f"Ceilift: {run.name}: ceilift-late" in telling.heard)
    assert state_of(telling, run.id).name == "Late"


def test_the_server_makes_the_runs_of_a_schedule(telling: Site) -> None:
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
    from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule

    deployment = telling.client.read_deployment_by_name("verify/verify")
    every_year: SCHEDULE_TYPES = CronSchedule(cron="0 3 1 1 *", timezone="Europe/Berlin")
    telling.client.create_deployment_schedules(deployment.id, [(every_year, True)])
    wanted = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]))

    assert until(lambda: bool(telling.client.read_flow_runs(flow_run_filter=wanted)))
    assert all(run.auto_scheduled for run in telling.client.read_flow_runs(flow_run_filter=wanted))
