"""Commands that look: JSON alone on stdout, the exact next command, a thousand hosts at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ceilift.errors import BadInputError, PausedError
from ceilift.inventory import Inventory
from ceilift.plan_json import state_to_json
from ceilift.planner import make_plan
from ceilift.release import load_catalogue
from ceilift.state import BusState, CloudState
from flows.cli import upgrade
from flows.cli.lines import upgrade_command
from flows.cli.look import read_state, save_state
from flows.cli.output import Format
from tests import clouds
from tests.processor_time import CEILIFT, IMPORT_PREFECT, processor_seconds

EVERYTHING = ["collector", "notification", "polling-central"]
SERVICES = {"backend": "systemd", "definition": "/etc/systemd/system/{unit}.service"}


def written(folder: Path, roles: Mapping[str, list[str]], **changes: Any) -> tuple[Path, Inventory]:  # noqa: ANN401
    """An inventory as a file, and as it is understood."""
    made = clouds.inventory(roles, services=SERVICES, wsgi=None, **changes)
    file = folder / "prod.yaml"
    file.write_text(yaml.safe_dump(made.model_dump(mode="json", exclude_none=True)))
    return file, made


def saved(folder: Path, state: CloudState) -> Path:
    file = folder / "state.json"
    file.write_text(json.dumps(state_to_json(state)))
    return file


def ceilift(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CEILIFT, *words], text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )


def test_a_plan_as_json_is_all_there_is_on_stdout(tmp_path: Path) -> None:
    file, made = written(tmp_path, {"ctl1": EVERYTHING})
    state = saved(tmp_path, clouds.all_at(made, "8.1.5"))

    words = ("plan", "-i", file, "--state", state, "--to", "9.0.7", "--format", "json")
    done = ceilift(*words)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["to"] == "9.0.7"


def test_a_plan_in_words_ends_with_the_exact_line_to_type(tmp_path: Path) -> None:
    file, made = written(tmp_path, {"ctl1": EVERYTHING})
    state = saved(tmp_path, clouds.all_at(made, "8.1.5"))

    done = ceilift("plan", "-i", file, "--state", state, "--to", "9.0.7")
    as_json = ceilift("plan", "-i", file, "--state", state, "--to", "9.0.7", "--format", "json")

    line = done.stdout.strip().splitlines()[-1].strip()
    plan_hash = json.loads(as_json.stdout)["hash"]
    assert (
        line == f"ceilift upgrade --inventory {file} --to 9.0.7 --path full --approve {plan_hash}"
    )


def test_a_thousand_hosts_are_planned_before_prefect_would_be_imported(tmp_path: Path) -> None:
    roles = {"ctl1": EVERYTHING} | {f"cmp{n:04d}": ["polling-compute"] for n in range(999)}
    file, made = written(tmp_path, roles)
    state = saved(tmp_path, clouds.all_at(made, "8.1.5"))
    asked = ("plan", "-i", file, "--state", state, "--to", "9.0.7", "--format", "json")

    ours = processor_seconds([CEILIFT, *asked], times=2)

    assert len(json.loads(ceilift(*asked).stdout)["steps"]) > 2000
    assert ours < processor_seconds(IMPORT_PREFECT)  # about a second, where that takes 1.75


def test_a_state_goes_to_a_file_and_back(tmp_path: Path) -> None:
    made = clouds.inventory({"ctl1": EVERYTHING})
    state = clouds.all_at(made, "8.1.5")

    save_state(state, tmp_path / "state.json")

    assert read_state(tmp_path / "state.json") == state


def test_a_file_that_cannot_be_written_or_read_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be written"):
        save_state(CloudState("test", ""), tmp_path / "missing" / "state.json")
    with pytest.raises(BadInputError, match="cannot be read"):
        read_state(tmp_path)


def test_an_upgrade_line_repeats_every_wish_quoted() -> None:
    asked = clouds.request(
        probe=True, first="ctl 1", api_after="database", accept={"busy": "it's fine"}
    )

    line = upgrade_command(asked, Path("/etc/my cloud.yaml"))

    assert line == (
        "ceilift upgrade --inventory '/etc/my cloud.yaml' --to 9.0.7 --path full"
        " --api-after database --first 'ctl 1'"
        """ --accept busy --reason 'it'"'"'s fine' --probe"""
    )


@pytest.mark.parametrize("style", [Format.TEXT, Format.JSON])
def test_with_nobody_to_ask_the_plan_is_shown_and_the_run_pauses(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    style: Format,
) -> None:
    file, made = written(tmp_path, {"ctl1": EVERYTHING})
    state = clouds.all_at(made, "8.1.5", bus=BusState(reachable=True))
    plan = make_plan(made, state, load_catalogue(), clouds.request())
    monkeypatch.setattr(upgrade, "planned", lambda _inventory, _request: plan)

    with pytest.raises(PausedError, match="no terminal") as told:
        upgrade.ask(file, clouds.request(), style)

    shown = capsys.readouterr()
    assert told.value.next_command is not None
    if style is Format.JSON:
        assert json.loads(shown.out)["hash"] in told.value.next_command
        assert "9.0.7" in shown.err
    else:
        assert "9.0.7" in shown.out
