"""The annotated inventories are not only prose: each is read, and is what its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ceilift.inventory_file import load_inventory

FOLDER = Path(__file__).resolve().parents[2] / "deployments"
FILES = sorted((FOLDER / "inventories").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_example_loads(file: Path) -> None:
    inventory = load_inventory(file)

    assert inventory.hosts
    assert any(host.roles for host in inventory.hosts)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_example_is_explained_in_its_readme(file: Path) -> None:
    assert f"inventories/{file.name}" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_there_are_a_small_cloud_and_a_single_host_on_systemd() -> None:
    small, single = (
        load_inventory(FOLDER / "inventories" / name)
        for name in ("small-systemd.yaml", "one-host.yaml")
    )

    assert {small.services.backend, single.services.backend} == {"systemd"}
    assert len(small.hosts) > len(single.hosts) == 1
