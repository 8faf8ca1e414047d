"""prefect.yaml: the list of deployments, their schedules and versions."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.act_form import CloudForm
from flows.request import (
    FullUpgradeForm,
    PartialUpgradeForm,
    PreflightForm,
    StageForm,
    VerifyForm,
    parsed,
)

FILE = Path(__file__).resolve().parents[2] / "prefect.yaml"
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]
FORMS: dict[str, type[CloudForm]] = {
    "preflight": PreflightForm,
    "stage": StageForm,
    "full-upgrade": FullUpgradeForm,
    "partial-upgrade": PartialUpgradeForm,
    "verify": VerifyForm,
}
SCHEDULED = [(one["name"], schedule) for one in DEPLOYMENTS for schedule in one["schedules"]]


@pytest.mark.parametrize("name", FORMS)
def test_what_can_be_scheduled_has_a_schedule(name: str) -> None:
    assert name in [one for one, _ in SCHEDULED]


@pytest.mark.parametrize(("name", "schedule"), SCHEDULED, ids=[name for name, _ in SCHEDULED])
def test_every_schedule_is_off_and_fills_in_its_form(name: str, schedule: dict[str, Any]) -> None:
    assert schedule["active"] is False
    assert schedule["slug"]
    assert schedule["timezone"]
    assert parsed(FORMS[name], schedule["parameters"]["form"], name).inventory == "prod"


@pytest.mark.parametrize(("name", "schedule"), SCHEDULED, ids=[name for name, _ in SCHEDULED])
def test_a_schedule_that_is_switched_on_only_shows(name: str, schedule: dict[str, Any]) -> None:
    form = parsed(FORMS[name], schedule["parameters"]["form"], name)

    assert getattr(form, "dry_run", True) is True


def test_every_deployment_carries_the_version_of_ceilift() -> None:
    assert {one["version"] for one in DEPLOYMENTS} == {version("ceilift")}
