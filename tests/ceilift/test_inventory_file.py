"""Every fault of an inventory at once, each with its field and remedy, and no traceback ever."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ceilift.errors import BadInputError, Fault
from ceilift.inventory_file import load_inventory, parse_inventory

GOOD: dict[str, Any] = {
    "cloud": "prod",
    "hosts": [
        {"name": "ctl1", "address": "192.0.2.1", "roles": ["collector", "polling-central"]},
        {"name": "ctl2", "address": "192.0.2.2", "roles": ["notification"]},
    ],
    "message_bus": {
        "management_url": "http://192.0.2.9:15672",
        "user": "ceilift",
        "password": {"file": "bus"},
    },
    "ledger": "sqlite:///state/ledger.db",
}
DATABASE = {
    "url": "mysql+pymysql://u@192.0.2.9/ceilometer",
    "backup": {"host": "ctl1", "folder": "/backup"},
}


def proven(url: str = "mysql://192.0.2.9/copy", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A database whose dump is proven in a scratch database."""
    backup = {"policy": "dump+restore", "host": "ctl1", "folder": "/b", "scratch": {"url": url}}
    return DATABASE | {"backup": backup | changes}


SCRATCH = "database.backup.scratch"
OURS = "mariadb://other@192.0.2.9:3306/Ceilometer"  # what DATABASE names, written otherwise
NIGHTS = {"name": "nights", "cron": "0 1 * * *", "duration_min": 180}


def changed(path: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever YAML holds
    """The good inventory with one field replaced."""
    made = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place: Any = made
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
    place[int(last) if isinstance(place, list) else last] = value
    return made


def faults(data: object) -> tuple[Fault, ...]:
    with pytest.raises(BadInputError) as told:
        parse_inventory(yaml.safe_dump(data), "prod.yaml", folder=Path("/etc/ceilift"))
    return told.value.faults


def test_relative_names_are_taken_from_the_files_own_folder(tmp_path: Path) -> None:
    file = tmp_path / "prod.yaml"
    file.write_text(yaml.safe_dump(changed("ssh.key_file", "keys/id")))

    found = load_inventory(file)

    assert found.ledger == f"sqlite:///{tmp_path}/state/ledger.db"
    assert found.message_bus.password.file == f"{tmp_path}/bus"
    assert found.ssh.key_file == f"{tmp_path}/keys/id"


@pytest.mark.parametrize(
    ("path", "value", "field", "said"),
    [
        ("hosts.1.name", "ctl1", "hosts.(0, 1).name", "stands 2 times"),
        ("hosts.1.address", "192.0.2.1", "hosts.(0, 1).address", "stands 2 times"),
        ("hosts.0.roles", ["collecter"], "hosts.0.roles.0", "unknown role"),
        ("hosts.0.roles", ["collector", "collector"], "hosts.0.roles", "stands 2 times"),
        ("hosts.0.role", [], "hosts.0.role", "Extra inputs"),
        ("hosts.0.ssh", {"proxy_jump": "gate"}, "hosts.0.ssh.proxy_jump", "is no host"),
        ("ssh", {"proxy_jump": "gate"}, "ssh.proxy_jump", "is no host"),
        ("message_bus.via", "gate", "message_bus.via", "is no host"),
        ("coordination", {"url": "redis://x", "via": "gate"}, "coordination.via", "is no host"),
        ("database", DATABASE | {"via": "gate"}, "database.via", "is no host"),
        ("database", DATABASE | {"dbsync_host": "gate"}, "database.dbsync_host", "is no host"),
        ("database", DATABASE | {"backup": {"host": "x"}}, "database.backup.host", "is no host"),
        ("database", proven(OURS), f"{SCRATCH}.url", "production's own database"),
        ("database", proven("postgresql://192.0.2.9/c"), f"{SCRATCH}.url", "does not restore"),
        ("database", proven("sqlite:///c"), f"{SCRATCH}.url", "no URL of MariaDB"),
        ("database", proven(scratch=None), "database.backup", "that policy needs it"),
        ("database", proven(policy="dump"), "database.backup", "scratch belongs to"),
        ("database", proven(folder=""), "database.backup", "dump+restore needs host and folder"),
        ("database", proven(keep=-1), "database.backup.keep", "greater than or equal"),
        ("database", proven(scratch={"url": "mysql://h/s", "via": "x"}), f"{SCRATCH}.via", "is no"),
        ("hosts", [], "hosts", "at least 1"),
        ("hosts", 5, "hosts", "valid"),
        ("hosts", {"ctl1": {}}, "hosts", "valid"),
        ("hosts.0", "ctl1", "hosts.0", "valid"),
        ("hosts.0.roles", 7, "hosts.0.roles", "valid"),
        ("hosts.0.roles", [7, ["x"]], "hosts.0.roles.0", "valid"),
        ("ssh", "root", "ssh", "valid"),
        ("database", "mysql", "database", "valid"),
        ("cloud", "a b", "cloud", "match"),
        ("telemetry", {"source": "file"}, "telemetry", "needs it"),
        ("telemetry", {"path": "/samples.log"}, "telemetry", "belongs to source file"),
        ("telemetry", {"source": "ceilometer-api"}, "telemetry", "needs url"),
        ("gnocchi", {"url": "http://u:p@h:8041"}, "gnocchi.url", "holds a password"),
        ("gnocchi", {"url": "http://h", "via": "gate"}, "gnocchi.via", "is no host"),
        ("gnocchi", {"url": "http://h", "password": {"env": "X"}}, "gnocchi", "none is given"),
        (
            "gnocchi",
            {"url": "http://h", "user": "admin", "token": {"env": "X"}},
            "gnocchi",
            "not both",
        ),
        ("windows", [NIGHTS, NIGHTS], "windows", "'nights' stands 2 times"),
        ("windows", [NIGHTS | {"cron": "0 25 * * *"}], "windows.0.cron", "bad hour"),
        (
            "windows",
            [{"name": "nights", "cron": "0 1 * * *"}],
            "windows.0.duration_min",
            "required",
        ),
        ("windows", [NIGHTS | {"zone": "UTC"}], "windows.0.zone", "Extra inputs"),
        ("windows", {"nights": NIGHTS}, "windows", "valid"),
    ],
)
def test_a_fault_is_named_with_its_field_and_a_remedy(
    path: str,
    value: Any,  # noqa: ANN401
    field: str,
    said: str,
) -> None:
    found = {fault.field: fault for fault in faults(changed(path, value))}

    assert said in found[field].what
    assert all(fault.remedy and fault.file == "prod.yaml" for fault in found.values())


def test_a_day_of_blackout_may_be_a_date_of_yaml() -> None:
    text = yaml.safe_dump(GOOD) + (
        "windows: [{name: n, cron: 0 1 * * *, duration_min: 60, blackout: [2026-12-24]}]\n"
    )

    found = parse_inventory(text, "prod.yaml", folder=Path("/etc/ceilift"))

    assert str(found.windows[0].blackout[0].last) == "2026-12-24"


def test_all_faults_are_told_at_once() -> None:
    data = changed("hosts.1.name", "ctl1")
    data["hosts"][0]["roles"] = ["collecter", "polling-centrl"]
    data["message_bus"] |= {"via": "gate", "colour": "red"}
    del data["ledger"]

    assert {fault.field for fault in faults(data)} == {
        "hosts.0.roles.0",
        "hosts.0.roles.1",
        "hosts.(0, 1).name",
        "message_bus.via",
        "message_bus.colour",
        "ledger",
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ledger", "postgresql+psycopg://u:hunter2@db/ledger"),
        ("database", DATABASE | {"url": "mysql+pymysql://u:hunter2@192.0.2.9/c"}),
        ("database", proven("mysql://u:hunter2@192.0.2.9/copy")),
        ("coordination", {"url": "redis://:hunter2@192.0.2.9:6379"}),
        ("message_bus.management_url", "http://guest:hunter2@192.0.2.9:15672"),
        ("ledger", "postgresql+psycopg://u:hunter2/and@more@db/ledger"),
        ("ledger", "postgresql+psycopg://u@db/ledger?sslmode=require&password=hunter2"),
        ("database", DATABASE | {"url": "mysql+pymysql://u@192.0.2.9/c?passwd=hunter2"}),
        ("message_bus.password", "hunter2"),
        ("message_bus.password", {"env": "BUS", "value": "hunter2"}),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(path: str, value: object) -> None:
    found = faults(changed(path, value))

    assert found
    assert all("hunter2" not in str(fault) for fault in found)


@pytest.mark.parametrize("role", ["notification", {"component": "notification"}])
def test_files_of_samples_need_a_host_that_publishes(role: object) -> None:
    data = changed("telemetry", {"source": "file", "path": "{root}/samples.log"})
    data["hosts"][1]["roles"] = [role]
    parse_inventory(yaml.safe_dump(data), "x", folder=Path("/x"))

    data["hosts"][1]["roles"] = ["collector"]

    assert [fault.field for fault in faults(data)] == ["telemetry.source"]


def test_two_hosts_without_a_name_are_not_called_twins() -> None:
    data = copy.deepcopy(GOOD)
    for host in data["hosts"]:
        del host["name"]

    assert {fault.field for fault in faults(data)} == {"hosts.0.name", "hosts.1.name"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cloud: [\n", "is not valid YAML"),
        ("- a\n", "holds no mapping"),
        ("", "holds no mapping"),
        ("a: b: hunter2\n", "is not valid YAML"),
        ("a: \x00", "is not valid YAML"),
    ],
)
def test_a_file_that_is_no_mapping_is_told_without_its_text(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "prod.yaml"
    file.write_text(text)

    with pytest.raises(BadInputError, match=said) as told:
        load_inventory(file)

    assert "hunter2" not in str(told.value)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(BadInputError, match="cannot be read"):
            load_inventory(place)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(ODD, st.sampled_from([*GOOD, "database", "ssh", "coordination", "hosts.0", "hosts.0.ssh"]))
def test_nothing_odd_ends_in_anything_but_faults(value: object, field: str) -> None:
    try:
        parse_inventory(yaml.safe_dump(changed(field, value)), "x", folder=Path("/x"))
    except BadInputError as error:
        assert error.faults  # noqa: PT017 - both ends are right


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("install.path", "/opt/{relase}", "{relase} is no place holder here"),
        ("services.definition", "/etc/{unit", "cannot be filled in"),
        ("telemetry.path", "{rot}/samples.log", "{rot} is no place holder here"),
    ],
)
def test_a_place_holder_nobody_fills_in_is_a_fault(path: str, text: str, said: str) -> None:
    found = faults(changed(path, text))

    assert [fault.field for fault in found] == [path]
    assert said in found[0].what
