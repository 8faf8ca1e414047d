"""A whole upgrade of nspawn hosts along either path: over the network, as a login without root."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.clouds import PROGRAMS, Host
from lab.nspawn.place import Nspawn
from lab.standin import records
from lab.standin.controller import Controller
from lab.standin.place import NEW

from .nspawn_looks import Unit, lab_command

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]


@pytest.fixture
def controller(nspawn: Nspawn) -> Iterator[Controller]:
    """Acts from the control namespace on hosts that are as new."""
    lab_command("reset", "--hosts", "nspawn")
    made = Controller(nspawn)
    try:
        made.serve()
        yield made
    finally:
        made.close()


def units(place: Nspawn) -> Iterator[tuple[Host, Unit]]:
    for host in place.hosts:
        for role in host.roles:
            yield host, Unit(place, host, PROGRAMS[role])


@pytest.mark.parametrize("path", ["full", "partial"])
def test_every_unit_runs_the_new_release_afterwards(controller: Controller, path: str) -> None:
    place = controller.standin
    assert isinstance(place, Nspawn)
    plan = controller.plan(path)

    said = controller.ceilift(
        "upgrade", "--to", NEW, "--path", path, "--approve", plan, "--quiet", within=1500
    )

    assert said.code == 0, said.stderr
    for host, unit in units(place):
        told = f"{host.name} {unit.name}"
        assert f"/opt/ceilometer/{NEW}/bin/{unit.name}" in unit.command, told
        assert (unit.active, unit.ask("is-enabled")) == ("active", "enabled"), told
        left = unit.does("systemctl list-units --all --plain --no-legend '*-ceilift*'")
        assert left == "", told
        assert unit.does("ls /etc/systemd/system/*/zz-ceilift-stopped.conf 2>&1 || true").endswith(
            "No such file or directory\n"
        ), told
    assert not records.is_open(place)
    done = records.done(place)
    assert done[f"{place.hosts[0].name} dbsync {NEW}"] == 1
    assert done[f"{place.hosts[0].name} dump"] == 1
