"""What an operator does with clicks: start, approve, read, stage ahead, and go back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import yaml
from prefect.client.schemas.objects import FlowRun

from lab import processes
from lab.accept import product
from lab.accept.driven import CARRIED_OUT_S, CLOUD, DEPLOYMENT, PICKED_UP_S, Driven
from lab.accept.rollbacks import agents, differences
from lab.checksums import listed, pip_options
from lab.readiness import now

APPROVER = "Ada"
REFUSED = 3
STAGED_ON = "pol1"


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
    at = now()
    chosen = {"Cloud": driven.inventory.stem, **_TARGET, "Only": "collector"}
    run = _clicked(driven, DEPLOYMENT, chosen)
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


def staged(driven: Driven) -> None:
    """A release put beside the running one by clicks, ahead of any window; nothing is restarted."""
    host = next(one for one in driven.lab.hosts if one.name == STAGED_ON)
    with _without(driven.lab.host(host) / "opt" / "ceilometer" / CLOUD.new):
        before = processes.of_host(driven.lab, host)
        run = _clicked(driven, "stage/stage", {"Cloud": _staging(driven).stem, **_TARGET})
        ended = driven.ended(run)
        driven.checks.demand("stage: done", ended.state_name == "Completed", ended.state_name)
        read = driven.ui.reads(f"/runs/flow-run/{run}", STAGED_ON, "staged")
        driven.checks.demand("stage: the table is read", read, read)
        kept = processes.of_host(driven.lab, host) == before
        driven.checks.demand("stage: nothing restarted", kept, f"{len(before)} processes")


def taken_back(driven: Driven) -> None:
    """A done upgrade taken back by clicks: form, approval, report."""
    before = agents(driven.lab)
    asked = driven.asked("to be taken back", only=["notification"])
    driven.client.resume_flow_run(asked.id, run_input={"decision": "approve"})
    upgraded = driven.ended(asked.id).state_name
    changed = differences(before, agents(driven.lab))
    driven.checks.demand("rollback: there is what to", bool(changed), upgraded)
    run = _clicked(driven, "rollback/rollback", {"Cloud": driven.inventory.stem})
    driven.in_state(run, "Suspended", PICKED_UP_S)
    at = now()
    driven.ui.approve(str(run), APPROVER)
    goes_on(driven, run, "rollback", at)
    left = differences(before, agents(driven.lab))
    driven.checks.demand(
        "rollback: as before", not left, "; ".join(left) or f"{len(before)} agents"
    )


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


_TARGET = {"Target release": CLOUD.new}


def _clicked(driven: Driven, name: str, chosen: dict[str, str]) -> UUID:
    """The run that the form of that deployment starts, filled in so, in earnest."""
    deployment = driven.client.read_deployment_by_name(name)
    return UUID(driven.ui.start_run(str(deployment.id), chosen, off="Dry run"))


def _staging(driven: Driven) -> Path:
    """The lab's inventory with plain pip as its means, known to the forms."""
    listed(CLOUD.new, driven.lab.root / "lists" / f"{CLOUD.new}.txt")
    data = yaml.safe_load(driven.lab.inventory.read_text(encoding="utf-8"))
    data["install"] |= {
        "requirements": str(driven.lab.root / "lists" / "{release}.txt"),
        "python": "/usr/bin/python3",
        "pip": list(pip_options()),
    }
    file = driven.lab.root / "lab-staging.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    product.ceilift("inventory", "add", str(file), within=60)
    product.ceilift("serve", "--format", "json", within=180)  # forms offer what is deployed
    return file


@contextmanager
def _without(place: Path) -> Iterator[None]:
    """A host on which nobody has installed that release yet; afterwards as it was."""
    link = place.readlink()
    place.unlink()
    try:
        yield
    finally:
        shutil.rmtree(place, ignore_errors=True)
        place.symlink_to(link)
