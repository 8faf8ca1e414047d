"""The nspawn hosts as far as they are data: who they are, their inventory, mounts and cgroups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ceilift.inventory_file import parse_inventory
from lab import credentials
from lab.clouds import HOSTS, Role
from lab.errors import LabError
from lab.nspawn import ceilometer, cgroups, machine, mounts, standins
from lab.nspawn.hog import kills
from lab.nspawn.place import CLASSIC, LARGEST_COUNT, LOGIN, STANDIN, Nspawn, the_nspawn

OWN = "9:memory:/me\n7:cpu,cpuacct:/\n3:freezer:/\n1:name=systemd:/\n0::/\n"
LINE = "35 25 0:30 / {point} rw,relatime - {kind} {kind} rw,{options}\n"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nspawn]:
    with TemporaryDirectory(prefix="ceilift-") as short:  # sockets are to lie in it
        monkeypatch.setenv("CEILIFT_LAB_DIR", short)
        yield Nspawn(count=3)


@pytest.mark.parametrize(("count", "everything"), [(1, 1), (2, 1), (3, 2), (6, 3), (10, 3)])
def test_some_hosts_run_everything_and_the_rest_poll(count: int, everything: int) -> None:
    hosts = Nspawn(count=count).hosts
    assert len({host.ip for host in hosts}) == len({t for h in hosts for t in h.targets}) / 2
    assert len(hosts) == count
    assert sum(Role.COLLECTOR in host.roles for host in hosts) == everything
    assert all(Role.POLLING in host.roles for host in hosts)


def test_no_two_of_the_most_hosts_share_an_address() -> None:
    hosts = Nspawn(count=LARGEST_COUNT).hosts
    assert len({host.ip for host in hosts}) == len({host.name for host in hosts}) == LARGEST_COUNT


def test_how_many_there_are_is_remembered(place: Nspawn) -> None:
    assert the_nspawn().count == 10
    place.remember()
    assert the_nspawn().count == 3
    assert the_nspawn(5).count == 5
    with pytest.raises(LabError, match="give a number"):
        the_nspawn(LARGEST_COUNT + 1)


def test_their_inventory_is_one_of_hosts_with_systemd(place: Nspawn) -> None:
    found = parse_inventory(json.dumps(standins.inventory(place)), "x.yaml", folder=place.lab.root)
    assert found.services.backend == "systemd"
    assert (found.ssh.user, found.ssh.port) == (LOGIN, 22)
    assert found.ssh.become is not None
    assert {host.root for host in found.hosts} == {""}
    assert found.database is not None
    assert found.database.backup.folder == "/var/backups"


@pytest.fixture
def real(place: Nspawn) -> Nspawn:
    """Of real Ceilometer, with the secrets that it is given."""
    found = the_nspawn(kind=CLASSIC)
    assert found.lab.root == place.lab.root
    credentials.make_secrets(found.lab)
    return found


def test_hosts_of_real_ceilometer_are_the_labs_in_their_own_network(real: Nspawn) -> None:
    assert [host.name for host in real.hosts] == [host.name for host in HOSTS]
    addresses = [*(host.ip for host in real.hosts), *real.served, real.broker_ip]
    assert len(set(addresses)) == len(addresses)
    assert all(address.startswith("198.18.") for address in addresses)
    assert real.lab.services_ip == real.broker_ip
    assert not any(Role.API in host.roles for host in real.hosts)


def test_what_real_ceilometer_was_asked_for_is_remembered(real: Nspawn) -> None:
    assert the_nspawn() == Nspawn()
    other = the_nspawn(releases="9.0.6,9.0.7")
    other.remember()
    assert the_nspawn() == other != real
    assert the_nspawn().old == "9.0.6"
    assert the_nspawn(kind=STANDIN).cloud is None
    with pytest.raises(LabError, match="leave --count"):
        the_nspawn(3)
    with pytest.raises(LabError, match="leave --releases"):
        the_nspawn(kind=STANDIN, releases="9.0.6,9.0.7")
    with pytest.raises(LabError, match="standin or classic"):
        the_nspawn(kind="coordinated")


def test_the_inventory_of_real_ceilometer_is_the_labs_with_systemd(real: Nspawn) -> None:
    text = json.dumps(ceilometer.inventory(real))
    found = parse_inventory(text, "x.yaml", folder=real.lab.root)
    assert (found.services.backend, found.ssh.user, found.ssh.port) == ("systemd", LOGIN, 22)
    assert [host.root for host in found.hosts] == ["", "", "", ""]
    assert found.wsgi is None
    assert found.database is not None
    assert real.broker_ip in found.database.url
    assert found.coordination is not None
    assert real.broker_ip in found.coordination.url


def test_a_host_of_real_ceilometer_names_its_files_as_it_sees_them(real: Nspawn) -> None:
    host = real.hosts[0]
    ceilometer.lay_out_host(real, host)
    root = real.files(host)
    main = (root / "etc/ceilometer/ceilometer.conf").read_text()
    assert str(real.lab.root) not in main
    assert "cfg_file = /etc/ceilometer/polling.yaml\n" in main
    unit = (root / "etc/systemd/system/ceilometer-collector.service").read_text()
    assert "ExecStart=/opt/ceilometer/8.1.5/bin/ceilometer-collector --config-file" in unit
    assert real.hosts[0].targets[0] in (root / "etc/ceilometer/polling.yaml").read_text()


def test_what_serves_real_ceilometer_runs_in_the_hosts_network(real: Nspawn) -> None:
    for program in ceilometer.programs(real):
        assert program.command[: len(real.entering)] == real.entering


def test_a_host_is_booted_with_its_own_network_and_what_all_share(place: Nspawn) -> None:
    host = place.hosts[0]
    program = machine.program(place, host)
    assert f"--network-namespace-path={place.lab.root}/run/ctl1.net" in program.command
    assert not any(" " in word for word in program.command)
    assert not program.restart


def test_what_is_mounted_last_is_taken_away_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    points = ("/", "/lab", "/labyrinth", "/lab/a\\040b", "/lab/a\\040b/c")
    table.write_text("".join(LINE.format(point=p, kind="ext4", options="") for p in points))
    monkeypatch.setattr(mounts, "_MOUNTS", table)

    found = mounts.mounted(Path("/lab"))

    assert found == [Path("/lab/a b/c"), Path("/lab/a b"), Path("/lab")]


@pytest.fixture
def hierarchies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version 1 with version 2 beside it."""
    lines = [("memory", "memory"), ("cpu", "cpu,cpuacct"), ("freezer", "freezer")]
    lines += [("systemd", "xattr,name=systemd")]
    text = "".join(
        LINE.format(point=tmp_path / name, kind="cgroup", options=options)
        for name, options in lines
    )
    text += LINE.format(point=tmp_path / "unified", kind="cgroup2", options="")
    (tmp_path / "mountinfo").write_text(text)
    (tmp_path / "own").write_text(OWN)
    monkeypatch.setattr(cgroups, "_MOUNTS", tmp_path / "mountinfo")
    monkeypatch.setattr(cgroups, "_OWN", tmp_path / "own")
    monkeypatch.setattr(cgroups, "CGROUP", "")
    return tmp_path


def parents(place: Nspawn) -> dict[str, Path]:
    return {kind: path.parent for kind, path in cgroups.whole_lab(place).folders.items()}


def test_a_cgroup_lies_in_our_own_or_in_the_one_given(
    place: Nspawn, hierarchies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hierarchies / "cpu/quiet").mkdir(parents=True)
    here = {
        "memory": hierarchies / "memory/me",
        "cpu": hierarchies / "cpu",
        "name=systemd": hierarchies / "systemd",
        "": hierarchies / "unified",
    }
    assert parents(place) == here

    monkeypatch.setattr(cgroups, "CGROUP", "quiet")
    assert parents(place) == here | {"cpu": hierarchies / "cpu/quiet"}

    monkeypatch.setattr(cgroups, "CGROUP", "loud")
    with pytest.raises(LabError, match="no hierarchy has a cgroup 'loud'"):
        parents(place)


def test_of_version_2_alone_the_top_is_taken(
    place: Nspawn, hierarchies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = LINE.format(point=hierarchies / "unified", kind="cgroup2", options="")
    (hierarchies / "mountinfo").write_text(text)
    (hierarchies / "own").write_text("0::/user.slice/me\n")
    assert parents(place) == {"": hierarchies / "unified"}

    monkeypatch.setattr(cgroups, "_MOUNTS", hierarchies / "own")
    (hierarchies / "own").write_text("")
    with pytest.raises(LabError, match="no cgroup version 2"):
        parents(place)


@pytest.mark.parametrize("name", ["memory.oom_control", "memory.events"])
def test_kills_are_counted_as_either_version_tells_them(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("oom_kill_disable 0\nunder_oom 0\noom 9\noom_kill 3\noom_group_kill 7\n")
    assert kills(file) == 3
