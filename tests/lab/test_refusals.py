"""What must not begin does not begin, says why, and leaves hosts, processes and ledger alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ceilift.errors import DONE, FAILED, PAUSED, REFUSED
from tests.lab.conftest import Fresh
from tests.lab.driving import Bench, Picture, Ran, picture

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

FAULTS = {"pol2": "unreachable", "pol1": "host-key", "ctl2": "wrong-key", "ctl1": "no-target"}
ASIDE = ("--without", "pol2", "--reason", "its disk died")


@dataclass(frozen=True)
class Told:
    """One command, and the picture of the cloud before and after it."""

    ran: Ran
    before: Picture
    after: Picture


@pytest.fixture(scope="module")
def cloud(fresh: Fresh) -> Bench:
    found = fresh()
    found.ceilift("preflight")  # the first command that writes makes the ledger's tables
    return found


def told(bench: Bench, *words: str, inventory: Path | None = None) -> Told:
    before = picture(bench)
    ran = bench.upgrade(*words, inventory=inventory)
    return Told(ran, before, picture(bench))


@dataclass(frozen=True)
class Trouble:
    """Plan and upgrade with a different fault on each host; then with one host down."""

    plan: dict[str, Any]
    upgrade: Told
    check: Ran
    without: dict[str, Any]


@pytest.fixture(scope="module")
def trouble(cloud: Bench) -> Trouble:
    for host, fault in FAULTS.items():
        cloud.break_(fault, host)
    try:
        plan = cloud.plan()
        upgrade = told(cloud, "--approve", "0" * 16)
        check = cloud.ceilift("inventory", "check")
        for host in ("pol1", "ctl2", "ctl1"):
            cloud.mend(FAULTS[host], host)
        return Trouble(plan, upgrade, check, cloud.plan(*ASIDE))
    finally:
        for host, fault in FAULTS.items():
            cloud.mend(fault, host)


def found_at(plan: dict[str, Any], where: str) -> dict[str, str]:
    blockers = [item for item in plan["findings"] if item["severity"] == "blocker"]
    return {
        item["id"]: f"{item['what']} {item['remedy']}"
        for item in blockers
        if item["where"] == where
    }


@pytest.mark.parametrize(
    ("host", "finding", "words"),
    [
        ("pol2", "host-unreachable", "refused the connection"),
        ("pol1", "host-key", "changed"),
        ("ctl2", "login", "refused the login"),
        ("ctl1", "target-not-installed", "9.0.7 is not installed on ctl1"),
    ],
)
def test_every_fault_of_a_host_is_a_blocker_that_names_it(
    trouble: Trouble, host: str, finding: str, words: str
) -> None:
    assert trouble.plan["code"] == REFUSED
    blockers = found_at(trouble.plan, host)
    assert finding in blockers
    assert words in blockers[finding]
    assert host in blockers[finding]


def test_an_upgrade_in_spite_of_them_is_refused_and_changes_nothing(trouble: Trouble) -> None:
    told = trouble.upgrade
    assert told.ran.code == REFUSED
    assert told.before == told.after
    for word in (*FAULTS, "host-key", "login", "host-unreachable", "target-not-installed"):
        assert word in told.ran.ending
    assert "Next: ceilift plan --inventory" in told.ran.ending


def test_inventory_check_names_every_host_that_failed(trouble: Trouble) -> None:
    assert trouble.check.code == FAILED
    assert "3 of 4 hosts failed: ctl2, pol1, pol2" in trouble.check.err


def test_a_host_that_is_down_can_be_set_aside_with_a_reason(trouble: Trouble) -> None:
    plan = trouble.without
    assert plan["code"] == DONE
    aside = [item for item in plan["findings"] if item["id"] == "set-aside"]
    assert [(item["where"], "its disk died" in item["what"]) for item in aside] == [("pol2", True)]
    assert not [step for step in plan["steps"] if step["host"] == "pol2"]


@pytest.fixture
def not_root(cloud: Bench) -> Iterator[None]:
    """The login on pol1 is told that it is an ordinary user's, and sudo wants its password."""
    folder = cloud.root / "hosts" / "pol1" / "bin"
    says = {"id": "echo 1000", "sudo": "echo 'sudo: a password is required' >&2; exit 1"}
    for name, words in says.items():
        (folder / name).write_text(f"#!/bin/sh\n{words}\n")
        (folder / name).chmod(0o755)
    yield
    for name in says:
        (folder / name).unlink()


@pytest.mark.usefixtures("not_root")
def test_missing_become_is_a_blocker(cloud: Bench) -> None:
    file = cloud.other_inventory("become", hosts__2__ssh={"become": {"method": "sudo"}})
    plan = cloud.plan(inventory=file)
    assert plan["code"] == REFUSED
    assert "become.password for pol1" in found_at(plan, "pol1")["become"]


@pytest.mark.usefixtures("narrow_path")
def test_no_dump_tool_is_a_blocker(cloud: Bench) -> None:
    plan = cloud.plan()
    assert plan["code"] == REFUSED
    assert "mysqldump is not there on ctl1" in found_at(plan, "ctl1")["no-dump-tool"]


@pytest.fixture
def narrow_path(cloud: Bench) -> Iterator[None]:
    """Logins on ctl1 find every program but the dump tools."""
    host = cloud.root / "hosts" / "ctl1"
    file, folder = host / "etc" / "ssh" / "sshd_config", host / "tmp" / "narrow"
    text = file.read_text()
    folder.mkdir()
    for place in (Path("/usr/bin"), Path("/usr/sbin")):
        for program in place.iterdir():
            link = folder / program.name
            if "dump" not in program.name and not link.exists():
                link.symlink_to(program)
    file.write_text(re.sub(r" PATH=\S+ ", f" PATH={host}/bin:{folder} ", text))
    cloud.restart_login("ctl1")
    yield
    file.write_text(text)
    cloud.restart_login("ctl1")


def test_without_a_terminal_and_a_hash_it_pauses_and_tells_the_line(cloud: Bench) -> None:
    found = told(cloud)
    assert found.ran.code == PAUSED
    assert found.before == found.after
    line = found.ran.err.splitlines()[-1]
    assert line.startswith(f"Next: ceilift upgrade --inventory {cloud.inventory} --to 9.0.7 ")
    assert line.endswith(f"--approve {found.ran.hash}")


def test_a_hash_of_another_plan_is_refused(cloud: Bench) -> None:
    found = told(cloud, "--approve", "0123456789abcdef")
    assert found.ran.code == REFUSED
    assert found.before == found.after
    assert "0123456789abcdef" in found.ran.ending
    assert f"Next: ceilift plan --inventory {cloud.inventory} --to 9.0.7" in found.ran.ending


def test_a_dry_run_changes_nothing(cloud: Bench) -> None:
    found = told(cloud, "--dry-run")
    assert found.ran.code == DONE, found.ran.said
    assert "not one changing command was sent" in found.ran.err
    assert found.before == found.after
