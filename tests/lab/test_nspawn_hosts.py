"""Hosts with a systemd, an sshd and an address of their own; and nothing left afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ceilift.inventory_file import load_inventory
from lab import processes
from lab.commands import run
from lab.nspawn import cgroups, machine, mounts
from lab.nspawn.place import LOGIN, Nspawn
from lab.waiting import until

from .nspawn_looks import ceilift, lab_command, over_ssh

pytestmark = pytest.mark.lab
MINE = """
import sys
from lab.nspawn.place import the_nspawn
from lab.nspawn import cgroups
print(cgroups.whole_lab(the_nspawn()).folders[""])
"""


def test_each_has_a_systemd_a_journal_and_a_name_of_its_own(nspawn: Nspawn) -> None:
    for host in nspawn.hosts:
        words = "hostname; cat /proc/1/comm; systemctl is-active systemd-journald ssh"
        assert over_ssh(nspawn, host, words).split() == [host.name, "systemd", "active", "active"]


def test_each_has_an_address_of_its_own_that_the_machine_does_not_reach(nspawn: Nspawn) -> None:
    for host in nspawn.hosts:
        assert f"inet {host.ip}/" in over_ssh(nspawn, host, "ip -4 address")
    assert "198.18." not in run(["ip", "address"])


def test_the_login_is_nobody_and_becomes_root_by_the_products_own_rule(nspawn: Nspawn) -> None:
    said = over_ssh(nspawn, nspawn.hosts[0], "id -un; sudo -n id -u 2>&1 || true")
    assert said.startswith(f"{LOGIN}\n")
    assert "a password is required" in said  # any other command than Ceilift's own
    checked = ceilift(nspawn, "inventory", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_inventory_says_what_runs_there(nspawn: Nspawn) -> None:
    found = load_inventory(nspawn.lab.inventory)
    assert [host.address for host in found.hosts] == [host.ip for host in nspawn.hosts]
    assert (found.services.backend, found.hosts[0].root) == ("systemd", "")


def test_up_again_leaves_what_runs_alone(nspawn: Nspawn) -> None:
    before = [machine.first_process(nspawn, host) for host in nspawn.hosts]
    lab_command("up", "--hosts", "nspawn")
    assert [machine.first_process(nspawn, host) for host in nspawn.hosts] == before
    assert all(before)


def test_a_reboot_brings_the_services_back(nspawn: Nspawn) -> None:
    host = nspawn.hosts[-1]
    before = machine.first_process(nspawn, host)
    machine.reboot(nspawn, host)
    until(lambda: machine.first_process(nspawn, host) not in {0, before}, "it boots", 60)
    machine.wait_for(nspawn, host)
    active = "systemctl is-active ceilometer-polling || true"
    until(lambda: over_ssh(nspawn, host, active).strip() == "active", "it polls again", 60)


@pytest.fixture
def elsewhere(nspawn: Nspawn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of another lab, on the same Debian tree."""
    folder = tmp_path_factory.mktemp("lab")
    given = {"CEILIFT_LAB_DIR": str(folder), "CEILIFT_LAB_BASE": str(nspawn.base)}
    given = {**os.environ, **given}
    try:
        yield given
    finally:
        lab_command("down", environment=given)


@pytest.mark.parametrize("moment", ["run/control.net", "hosts/ctl1/disk", "hosts/ctl1/complete"])
def test_down_takes_away_what_a_killed_up_has_left(elsewhere: dict[str, str], moment: str) -> None:
    root = Path(elsewhere["CEILIFT_LAB_DIR"]) / "nspawn"
    group = Path(run([sys.executable, "-c", MINE], env=elsewhere).strip())
    words = [sys.executable, "-m", "lab", "up", "--hosts", "nspawn", "--count", "1"]
    process = subprocess.Popen(words, env=elsewhere, stderr=subprocess.PIPE)

    def left() -> bool:
        """So far it has come, and there is something to take away."""
        return (root / moment).exists() and bool(mounts.mounted(root))

    until(left, f"{moment} is there, and a mount", 120, every=0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    lab_command("down", environment=elsewhere)

    assert mounts.mounted(root) == []
    assert not group.exists()
    assert processes.of_environment("CEILIFT_LAB", root) == set()
    lab_command("up", "--hosts", "nspawn", "--count", "1", environment=elsewhere)
    assert group.exists()


def test_every_process_of_a_host_is_in_its_cgroup(nspawn: Nspawn) -> None:
    host = nspawn.hosts[0]
    whole = cgroups.group(nspawn, host)
    assert machine.first_process(nspawn, host) in whole.pids()
    for folder in whole.folders.values():
        assert folder.is_dir()
