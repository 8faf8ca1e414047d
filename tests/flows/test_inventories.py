"""Forms offer the clouds that are known, and take a path all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ceilift.errors import BadInputError
from flows.inventories import add_inventory, inventory_file, known_inventories
from flows.request import FullUpgradeForm


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CEILIFT_INVENTORIES", str(tmp_path / "known"))
    return tmp_path / "known"


def written(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("cloud: x\n")
    return path


def test_what_was_added_is_known_by_its_name_and_stays_where_it_is(tmp_path: Path) -> None:
    file = written(tmp_path / "clouds" / "prod.yaml")

    add_inventory(file)
    add_inventory(file)

    assert list(known_inventories()) == ["prod"]
    assert inventory_file("prod").resolve() == file


def test_two_clouds_of_one_name_are_not_confused(tmp_path: Path) -> None:
    add_inventory(written(tmp_path / "a" / "prod.yaml"))

    with pytest.raises(BadInputError, match="another inventory has the name 'prod'"):
        add_inventory(written(tmp_path / "b" / "prod.yaml"))

    assert inventory_file("prod").resolve() == tmp_path / "a" / "prod.yaml"


def test_a_path_is_taken_as_it_is_and_an_unknown_name_is_refused(tmp_path: Path) -> None:
    add_inventory(written(tmp_path / "prod.yaml"))

    assert inventory_file("/etc/other.yaml") == Path("/etc/other.yaml")
    assert inventory_file("other.yaml") == Path("other.yaml")
    with pytest.raises(BadInputError, match=r"there is no inventory 'test'.*known .prod"):
        inventory_file("test")


def test_the_form_offers_what_is_known_when_it_is_deployed(tmp_path: Path) -> None:
    add_inventory(written(tmp_path / "prod.yaml"))

    fields = FullUpgradeForm.model_json_schema()["properties"]

    assert fields["inventory"]["enum"] == ["prod"]
    assert "9.0.7" in fields["to"]["enum"]


def test_while_no_cloud_is_known_the_form_takes_a_file() -> None:
    assert "enum" not in FullUpgradeForm.model_json_schema()["properties"]["inventory"]
