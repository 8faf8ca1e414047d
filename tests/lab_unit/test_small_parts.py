from __future__ import annotations

import os
from pathlib import Path

import pytest

from ceilift.inventory_file import load_inventory
from lab import clouds, inventory_file, packages, processes, settings
from lab.clouds import HOSTS
from lab.commands import run
from lab.errors import LabError, TimeUpError
from lab.files import link, write
from lab.overseer import Program
from lab.report import status
from lab.settings import Lab, the_lab
from lab.waiting import until


def test_the_inventory_is_one_the_product_accepts(lab: Lab) -> None:
    inventory_file.write_inventory(lab)

    loaded = load_inventory(lab.inventory)

    assert [host.name for host in loaded.hosts] == [host.name for host in HOSTS]
    assert loaded.ledger == f"sqlite:///{lab.root}/ledger.db"
    assert "password: " not in lab.inventory.read_text()


def test_a_written_file_is_whole_private_and_said_to_have_changed(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"

    assert write(path, "one", 0o600)
    assert not write(path, "one", 0o600)
    assert write(path, "two", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_writing_over_a_hard_link_leaves_the_other_name_alone(tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "path"
    other.write_text("one")
    os.link(other, path)

    write(path, "two")

    assert other.read_text() == "one"


def test_a_link_replaces_a_link(tmp_path: Path) -> None:
    for target in ("one", "two"):
        link(tmp_path / "link", tmp_path / target)

    assert (tmp_path / "link").readlink() == tmp_path / "two"


def test_waiting_ends_with_the_condition_or_names_it() -> None:
    answers = iter([None, "", "there"])

    assert until(lambda: next(answers), "it comes", within=5, every=0) == "there"
    with pytest.raises(TimeUpError, match="it never comes: not within 0 s"):
        until(lambda: False, "it never comes", within=0, every=0)


def test_a_failed_command_shows_what_it_said() -> None:
    with pytest.raises(LabError, match="exited 3: no luck"):
        run(["sh", "-c", "echo no luck >&2; exit 3"])
    with pytest.raises(LabError, match="did not end within"):
        run(["tail", "-f", "/dev/null"], within=0.05)
    with pytest.raises(LabError, match="No such file"):
        run(["/nowhere/at/all"])


@pytest.mark.parametrize("folder", ["/lab/a b", "/lab/100%", "/lab/" + "x" * 90])
def test_a_folder_the_services_could_not_carry_is_refused(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEILIFT_LAB_DIR", folder)

    with pytest.raises(LabError, match=r"choose a folder|too deep"):
        the_lab()


def test_a_program_of_the_overseer_reads_back(tmp_path: Path) -> None:
    text = Program("redis", ("redis-server", "--port", "1"), {"A": "b"}).section(tmp_path)

    assert text.startswith("[program:redis]\n")
    assert "command=redis-server --port 1\n" in text
    assert 'environment=A="b"\n' in text
    assert "autostart=false\n" in text


def test_every_address_is_of_the_labs_own_network() -> None:
    addresses = [
        settings.Lab(Path()).services_ip,
        *clouds.ALL_TARGETS,
        *(host.ip for host in HOSTS),
    ]

    assert len(set(addresses)) == len(addresses) == 69
    assert all(address.startswith(f"{clouds.NETWORK}.") for address in addresses)


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "LIST", tmp_path / "packages.txt")
    packages.LIST.write_text("no-such-package-at-all\n")

    with pytest.raises(LabError, match=r"no-such-package-at-all.*lab/apt-install.sh"):
        packages.require()


def test_a_lab_that_never_ran_owns_no_process_and_is_not_healthy(lab: Lab) -> None:
    assert processes.of_lab(lab) == set()
    assert processes.alive(os.getpid())


def test_reports_need_nothing_running(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.readiness.api_status", lambda *_, **__: 0)

    found = status(lab)

    assert not found.healthy
    assert "NOT healthy" in found.text()
    assert found.plain()["healthy"] is False
