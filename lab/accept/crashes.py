"""Engines and workers killed at work: marked, told, tried again; what is late is skipped."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import yaml
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import AwaitingRetry

from lab import processes
from lab.accept import product
from lab.accept.driven import CARRIED_OUT_S, CLOUD, DEPLOYMENT, PICKED_UP_S, Driven
from lab.accept.receiver import SLUG
from lab.errors import TimeUpError
from lab.readiness import now
from lab.settings import Lab
from lab.waiting import until

QUICK = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
LOST_S, UNTAKEN_S = 100, 60  # what the automations wait for here
FILES = ("prefect.yaml", "deployments/automations.yaml")
REPOSITORY = Path(__file__).resolve().parents[2]
MISSED_MIN = 1  # how long the window is open that a late run misses


def impatient_home(lab: Lab) -> Path:
    """A folder to deploy from, whose automations do not wait as long."""
    home = lab.root / "home"
    for name in FILES:
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        text = text.replace("within: 540", f"within: {LOST_S}")
        text = text.replace("within: 300", f"within: {UNTAKEN_S}")
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


def killed(driven: Driven, heard: Sequence[str]) -> None:
    """One kill after the other, on the way to the target; `heard` is what people were told."""
    told = product.ceilift("deploy", "--notify", SLUG, within=180)
    driven.checks.demand("automations told whom to tell", told.code == 0, told.code)
    _engine_killed(driven)
    _worker_killed(driven)
    _late(driven)
    _both_killed(driven, heard)


def _engine_killed(driven: Driven) -> None:
    """Its worker sees it; tried again it waits for the lease, and does what is left."""
    run = at_work(driven, "collector")
    processes.kill(processes.of_flow_run(run.id))
    crashed = driven.ended(run.id)
    driven.checks.demand("engine killed: marked", crashed.state_name == "Crashed", crashed.name)
    # Its runner marks it; its worker does so once more, and would undo a Retry in between.
    until(lambda: _worker_is_done(driven, run), "the worker is done with it", PICKED_UP_S, 0.5)
    tried_again(driven, run, "engine killed")


def _worker_killed(driven: Driven) -> None:
    """The run goes on without it."""
    run = at_work(driven, "notification")
    _kill_worker()
    ended = driven.ended(run.id)
    driven.checks.demand("worker killed: done", ended.state_name == "Completed", ended.state_name)


def _late(driven: Driven) -> None:
    """No worker runs: what was scheduled for a window comes when that is over."""
    opens = datetime.fromtimestamp(now() // 60 * 60, UTC) + timedelta(minutes=3)
    once = f"DTSTART:{opens:%Y%m%dT%H%M%S}\nRRULE:FREQ=DAILY;COUNT=1"
    inventory = yaml.safe_load(driven.lab.inventory.read_text(encoding="utf-8"))
    inventory["windows"] = [{"name": "short", "rrule": once, "duration_min": MISSED_MIN}]
    file = driven.lab.root / "lab-late.yaml"
    file.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    product.ceilift("inventory", "add", str(file), within=60)
    form = {**driven.form("late"), "inventory": file.stem}
    once_only = {"slug": "late", "rrule": once, "timezone": "UTC", "parameters": {"form": form}}
    _scheduled(impatient_home(driven.lab), once_only)
    run = until(lambda: _expected(driven, opens), "the scheduler made the run", PICKED_UP_S, 1)
    closed = (opens + timedelta(minutes=MISSED_MIN)).timestamp()
    until(lambda: now() > closed, "the window has closed", 600, every=1)
    before = driven.client.read_flow_run(run.id).state_name
    driven.checks.demand("no worker: Late", before == "Late", before)
    _serve()
    ended = driven.ended(run.id)
    found = ended.state_name
    driven.checks.demand("late: the window is missed", found == "MissedWindow", found)
    impatient_home(driven.lab)  # without the schedule
    product.ceilift("deploy", within=180)


def _both_killed(driven: Driven, heard: Sequence[str]) -> None:
    """Nobody is left to say how it ended: its heartbeat is missed."""
    run = at_work(driven, "polling")
    _kill_worker()
    processes.kill(processes.of_flow_run(run.id))
    at = now()
    crashed = driven.ended(run.id)
    took = f"{crashed.state_name} after {now() - at:.0f} s"
    driven.checks.demand("both killed: noticed", crashed.state_name == "Crashed", took)
    subject = f"Ceilift: {crashed.name}: ceilift-crashed"
    with suppress(TimeUpError):
        until(lambda: subject in heard, "people are told", PICKED_UP_S)
    driven.checks.demand("both killed: people were told", subject in heard, subject)
    _serve()
    tried_again(driven, run, "both killed")


def at_work(driven: Driven, stage: str, *more: str) -> FlowRun:
    """A run of that stage, and `more`, approved beforehand, once a step or gate of it runs."""
    words = ("--inventory", str(driven.inventory), "--to", CLOUD.new, "--path", "partial")
    only = [stage, *more]
    plan = product.ceilift("plan", *words, "--only", ",".join(only), "--format", "json").json()
    form = {**driven.form(f"{stage}, killed"), "only": only, "approve": plan["hash"]}
    run = driven.started(form)

    def busy() -> bool:
        found = driven.client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
        )
        names = [one.name for one in found if one.state_name == "Running"]
        return any(f" {stage} on " in name or f"gate {stage}/" in name for name in names)

    until(busy, f"a step of {stage} is under way", CARRIED_OUT_S, every=0.3)
    return run


def tried_again(driven: Driven, run: FlowRun, what: str) -> None:
    """Retry, as the button does it: the same flow run, from the top."""
    at = now()
    retry: State[Any] = AwaitingRetry(scheduled_time=datetime.now(UTC))
    driven.client.set_flow_run_state(run.id, retry, force=True)
    ended = driven.ended(run.id)
    took = f"{ended.state_name} after {now() - at:.0f} s"
    driven.checks.demand(f"{what}: finished by Retry", ended.state_name == "Completed", took)


def _worker_is_done(driven: Driven, run: FlowRun) -> bool:
    """Whether the worker said in an event that it has nothing more to do for the run."""
    wanted = {
        "event": {"name": ["prefect.worker.executed-flow-run"]},
        "related": {"id": [f"prefect.flow-run.{run.id}"]},
    }
    answer = requests.post(
        f"{driven.client.api_url}events/filter", json={"filter": wanted}, timeout=30
    )
    answer.raise_for_status()
    return bool(answer.json()["events"])


def _kill_worker() -> None:
    status = product.ceilift("serve", "--status", "--format", "json")
    os.kill(status.json()["worker"], signal.SIGKILL)


def _serve() -> None:
    product.ceilift("serve", "--format", "json", within=180)


def _scheduled(home: Path, schedule: Mapping[str, Any]) -> None:
    """Put that schedule on the deployment, where schedules stand, and register it."""
    file = home / "prefect.yaml"
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    for one in found["deployments"]:
        if one["name"] == "partial-upgrade":
            one["schedules"] = [dict(schedule)]
    file.write_text(yaml.safe_dump(found), encoding="utf-8")
    product.ceilift("deploy", within=180)


def _expected(driven: Driven, at: datetime) -> FlowRun | None:
    deployment = driven.client.read_deployment_by_name(DEPLOYMENT)
    wanted = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]))
    found = driven.client.read_flow_runs(flow_run_filter=wanted)
    made = (one for one in found if one.auto_scheduled and one.expected_start_time == at)
    return next(made, None)
