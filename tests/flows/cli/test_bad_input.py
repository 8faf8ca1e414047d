"""Bad input ends in exit code 2, with every fault, its field and its remedy, and no traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from ceilift.component import Component
from ceilift.errors import BAD_INPUT, DONE, with_inventory
from ceilift.plan_json import state_to_json
from flows.cli import app
from tests.clouds import agents_of, all_at, inventory, seen

ROLES = {"ctl1": ["collector", "notification", "polling-central"], "pol1": ["polling-central"]}
PASSWORD = "hunter2hunter2"  # noqa: S105 - what must not be shown
COMMANDS = {
    "plan": ("plan", "--to", "9.0.7"),
    "upgrade": ("upgrade", "--to", "9.0.7", "--approve", "0" * 16),
    "resume": ("resume",),
    "preflight": ("preflight",),
    "verify": ("verify",),
    "status": ("status",),
    "history": ("history",),
    "check": ("inventory", "check"),
}


@pytest.fixture
def described() -> dict[str, Any]:
    """The inventory of a small cloud, as YAML holds it."""
    return {
        "cloud": "test",
        "hosts": [
            {"name": "ctl1", "address": "192.0.2.11", "roles": list(ROLES["ctl1"])},
            {"name": "pol1", "address": "192.0.2.21", "roles": list(ROLES["pol1"])},
        ],
        "database": {
            "url": "mysql+pymysql://ceilometer@192.0.2.10/ceilometer",
            "backup": {"host": "ctl1", "folder": "/var/backups"},
        },
        "message_bus": {
            "management_url": "http://192.0.2.10:15672",
            "user": "ceilift",
            "password": {"env": "BUS"},
        },
        "ledger": "sqlite:///ledger.db",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the state of that cloud at 8.1.5."""
    save(tmp_path, "8.1.5")
    return tmp_path


def save(folder: Path, release: str) -> None:
    state = all_at(inventory(ROLES), release)
    (folder / "state.json").write_text(json.dumps(state_to_json(state)))


def run(folder: Path, described: object, *words: str) -> Result:
    """One command with that inventory; whatever comes, it shows no traceback."""
    file = folder / "inventory.yaml"
    file.write_text(described if isinstance(described, str) else yaml.safe_dump(described))
    result = CliRunner().invoke(app, [*words, "-i", str(file)])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def planned(folder: Path, described: object, *words: str) -> Result:
    return run(folder, described, "plan", "--state", str(folder / "state.json"), *words)


def test_the_same_input_without_a_fault_is_planned(folder: Path, described: dict[str, Any]) -> None:
    assert planned(folder, described, "--to", "9.0.7").exit_code == DONE


@pytest.mark.parametrize("command", ["plan", "upgrade"])
def test_an_unknown_release_is_told_with_those_there_are(
    folder: Path, described: dict[str, Any], command: str
) -> None:
    words = [word.replace("9.0.7", "9.9.9") for word in COMMANDS[command]]
    result = run(folder, described, *words)
    assert result.exit_code == BAD_INPUT
    for word in ("9.9.9", "9.0.7", "17.0.2"):
        assert word in result.stderr


def test_a_downgrade_names_agent_host_and_option(folder: Path, described: dict[str, Any]) -> None:
    save(folder, "9.0.7")
    result = planned(folder, described, "--to", "8.1.5")
    assert result.exit_code == BAD_INPUT
    assert "command line: --to: 8.1.5 is older than 9.0.7" in result.stderr
    for words in ("collector on ctl1", "polling agent on ctl1, pol1", "never goes back"):
        assert words in result.stderr


def test_one_newer_agent_is_enough_for_a_downgrade(folder: Path, described: dict[str, Any]) -> None:
    cloud = inventory(ROLES)
    older = [one for one in agents_of(cloud, "8.1.5") if one.component is not Component.COLLECTOR]
    newer = [one for one in agents_of(cloud, "9.0.7") if one.component is Component.COLLECTOR]
    state = state_to_json(seen(cloud, [*older, *newer]))
    (folder / "state.json").write_text(json.dumps(state))
    result = planned(folder, described, "--to", "9.0.6")
    assert result.exit_code == BAD_INPUT
    assert "9.0.6 is older than 9.0.7, the release of the collector on ctl1" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_fault_of_an_inventory_is_told_at_once_by_every_command(
    folder: Path, described: dict[str, Any], command: str
) -> None:
    described["hosts"][0]["roles"].append("poling-central")
    described["hosts"].append({"name": "pol1", "address": "192.0.2.22", "roles": []})
    described["hosts"].append({"name": "pol2", "address": "192.0.2.21", "colour": "red"})
    described["database"]["backup"]["host"] = "ctl9"
    result = run(folder, described, *COMMANDS[command])
    assert result.exit_code == BAD_INPUT
    for words in (
        "hosts.0.roles.3: unknown role 'poling-central': use one of collector",
        "hosts.(1, 2).name: 'pol1' stands 2 times. Give every host a name of its own",
        "hosts.(1, 3).address: '192.0.2.21:22' stands 2 times",
        "hosts.3.colour",
        "database.backup.host: 'ctl9' is no host of this inventory. Use one of: ctl1",
    ):
        assert f"{folder / 'inventory.yaml'}: {words}" in result.stderr.replace("\n", "")
    assert not (folder / "ledger.db").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hosts: [", "is not valid YAML"),
        ("- a\n- b\n", "holds no mapping"),
        ("", "holds no mapping"),
        ("cloud: test\nhosts: 7\n", "hosts"),
        ("cloud: test\nhosts: [1, null]\nssh: text\ndatabase: []\n", "ssh"),
        ("cloud: test\nhosts:\n- name: [a]\n  roles: {a: b}\n", "hosts.0.name"),
        ("cloud: test\nhosts:\n- {name: a, address: b, roles: [[collector]]}\n", "hosts.0.roles"),
    ],
)
def test_a_file_that_is_no_inventory_is_told_in_words(folder: Path, text: str, words: str) -> None:
    result = run(folder, text, "plan", "--to", "9.0.7")
    assert result.exit_code == BAD_INPUT
    assert words in result.stderr


def test_an_inventory_that_is_not_there_is_told_in_words(folder: Path) -> None:
    result = CliRunner().invoke(app, ["plan", "--to", "9.0.7", "-i", str(folder / "none.yaml")])
    assert result.exit_code == BAD_INPUT
    assert "none.yaml: cannot be read" in result.stderr
    assert "ceilift inventory init" in result.stderr


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("message_bus", "password", PASSWORD),
        ("message_bus", "password", {"env": "BUS", "value": PASSWORD}),
        ("message_bus", "management_url", f"http://ceilift:{PASSWORD}@192.0.2.10:15672"),
        ("database", "url", f"mysql+pymysql://ceilometer:{PASSWORD}@192.0.2.10/ceilometer"),
        ("coordination", "url", f"redis://:{PASSWORD}@192.0.2.10:6379"),
    ],
)
def test_a_secret_in_the_inventory_is_refused_and_never_shown(
    folder: Path, described: dict[str, Any], section: str, field: str, value: object
) -> None:
    described.setdefault(section, {})[field] = value
    result = planned(folder, described, "--to", "9.0.7")
    assert result.exit_code == BAD_INPUT
    assert f"{section}." in result.stderr
    assert PASSWORD not in result.output


def test_a_password_in_the_ledger_url_is_refused_and_never_shown(
    folder: Path, described: dict[str, Any]
) -> None:
    described["ledger"] = f"postgresql+psycopg://ceilift:{PASSWORD}@192.0.2.10/ceilift"
    result = run(folder, described, "history")
    assert result.exit_code == BAD_INPUT
    assert "ledger: holds a password" in result.stderr
    assert PASSWORD not in result.output


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1, "state": 7}', "\x00"])
def test_a_state_that_is_none_is_told_in_words(
    folder: Path, described: dict[str, Any], text: str
) -> None:
    (folder / "state.json").write_text(text)
    result = planned(folder, described, "--to", "9.0.7")
    assert result.exit_code == BAD_INPUT
    assert "state.json" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--without", "pol1"), "1 --accept/--without but 0 --reason"),
        (("--without", "pol1", "--reason", " "), "--reason"),
        (("--without", "pol9", "--reason", "dead"), "--without: 'pol9' is no host"),
        (("--first", "pol9"), "--first: 'pol9' has no polling role"),
        (("--accept", "no-such", "--reason", "why"), "--accept: 'no-such' is no finding"),
        (("--api-after", "lunch"), "--api-after: there is no stage 'lunch'"),
        (("--path", "short"), "--path: there is no path 'short'"),
    ],
)
def test_a_faulty_option_is_named(
    folder: Path, described: dict[str, Any], words: tuple[str, ...], said: str
) -> None:
    result = planned(folder, described, "--to", "9.0.7", *words)
    assert result.exit_code == BAD_INPUT
    assert f"command line: {said}" in result.stderr or said in result.stderr


def test_commands_are_completed_with_the_inventory_once() -> None:
    words = "judge again: ceilift resume; or ceilift resume --start-old polling"
    done = with_inventory(words, "my cloud.yaml")
    assert done == (
        "judge again: ceilift resume --inventory 'my cloud.yaml'; or "
        "ceilift resume --inventory 'my cloud.yaml' --start-old polling"
    )
    assert with_inventory(done, "other.yaml") == done
    assert with_inventory("ceilift serve", "a.yaml") == "ceilift serve"
