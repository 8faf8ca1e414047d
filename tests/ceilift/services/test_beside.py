"""A unit of its own beside the host's, by the real scripts in a real sh, with real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ceilift.clock import now
from ceilift.errors import StepFailedError
from ceilift.services.protocol import Beside
from ceilift.services.supervisor import Supervisor
from ceilift.services.systemd import Systemd

from .conftest import UNIT, LocalHost
from .supervised import defined, gone
from .test_systemd import DEFINITION, SERVICE

NAME = f"{UNIT}-ceilift"
OPTIONS = "[polling]\npartitioning_group_prefix = own"


def wanted(host: LocalHost, options: str = OPTIONS) -> Beside:
    file = str(host.root / "etc" / "ceilift" / f"{NAME}.conf") if options else ""
    return Beside(UNIT, NAME, file, options)


def folder(host: LocalHost, version: str = "9.0.7") -> str:
    return str(host.root / "opt" / "ceilometer" / version)


@pytest.fixture
def supervised(host: LocalHost) -> LocalHost:
    """The host's unit defined; the stand-in answers for the one beside."""
    defined(host)
    host.fake("file", str(own_file(host)))
    return host


def own_file(host: LocalHost) -> Path:
    return host.root / "etc" / "conf.d" / f"{NAME}.conf"


def beside(host: LocalHost, at: float = 0, version: str = "9.0.7", **changes: str) -> str:
    asked = wanted(host, **changes)
    manager = Supervisor(host.inventory)
    return manager.beside(host.act(), host, "beside-1", asked, folder(host, version), at)


def test_it_runs_the_new_release_and_leaves_the_hosts_unit_alone(supervised: LocalHost) -> None:
    given = supervised.root / "etc" / "conf.d" / f"{UNIT}.conf"
    before = given.read_text(encoding="utf-8")

    assert beside(supervised) == "started"

    assert given.read_text(encoding="utf-8") == before
    text = own_file(supervised).read_text(encoding="utf-8")
    assert text.startswith(f"[program:{NAME}]\nautostart=false\nautorestart=true\n")
    assert f"command={folder(supervised)}/bin/agent" in text
    assert f"--log-file {supervised.root}/log-ceilift" in text
    assert text.splitlines()[3].endswith(f"--config-file {wanted(supervised).file}")
    assert Path(wanted(supervised).file).read_text(encoding="utf-8") == f"{OPTIONS}\n"
    assert "[program:other]" not in text


def test_it_runs_once_however_often_it_is_asked_for(supervised: LocalHost) -> None:
    beside(supervised)
    pid = supervised.fake("pid")

    assert beside(supervised) == "already started"
    assert supervised.fake("pid") == pid


def test_without_options_it_has_no_file_of_its_own(supervised: LocalHost) -> None:
    beside(supervised, options="")

    text = own_file(supervised).read_text(encoding="utf-8")
    assert text.count("--config-file") == 1


def test_it_starts_at_the_moment_that_was_asked_for(supervised: LocalHost) -> None:
    moment = now() + 2

    beside(supervised, at=moment)

    assert moment <= now()


def test_a_release_that_is_not_there_is_found_before_anything_is_written(
    supervised: LocalHost,
) -> None:
    with pytest.raises(StepFailedError, match="not installed"):
        beside(supervised, version="9.9.9")

    assert not own_file(supervised).exists()


def test_removed_nothing_of_it_is_left(supervised: LocalHost) -> None:
    beside(supervised)
    pid = supervised.fake("pid")
    supervised.fake("forgets", "yes")
    manager = Supervisor(supervised.inventory)

    said = manager.remove(supervised.act(), supervised, "remove-1", wanted(supervised))

    assert said == "removed"
    assert gone(pid)
    assert not own_file(supervised).exists()
    assert not Path(wanted(supervised).file).exists()


@pytest.fixture
def systemd(systemd_host: LocalHost) -> LocalHost:
    """The host's unit defined; the stand-in answers for both, by what it is asked to load."""
    host = systemd_host
    for version in ("8.1.5", "9.0.7"):
        host.release(version)
    host.fake("root", str(host.root))
    host.fake("unit", SERVICE)
    host.fake("restarts", "0")
    host.file(f"etc/systemd/system/{SERVICE}", DEFINITION.format(root=host.root))
    host.fake("conditions", "")
    return host


def test_under_systemd_it_is_a_unit_that_nothing_starts_by_itself(systemd: LocalHost) -> None:
    given = systemd.root / "etc/systemd/system" / SERVICE
    before = given.read_text(encoding="utf-8")
    manager = Systemd(systemd.inventory)

    manager.beside(systemd.act(), systemd, "beside-1", wanted(systemd), folder(systemd))

    own = (given.parent / f"{NAME}.service").read_text(encoding="utf-8")
    assert given.read_text(encoding="utf-8") == before
    assert "[Install]" not in own
    assert "WantedBy" not in own
    last = [line for line in own.splitlines() if line.startswith("ExecStart=")][-1]
    assert last.split() == [
        f"ExecStart={folder(systemd)}/bin/agent",
        *("--log-file", f"{systemd.root}/log-ceilift"),
        *("--config-file", wanted(systemd).file),
    ]


def test_under_systemd_its_failure_takes_nothing_from_the_hosts_unit(systemd: LocalHost) -> None:
    """That one may be started and not enabled: a crash of it is to be answered all the same."""
    allowed = systemd.file(f"run/ceilift/{SERVICE}.allowed", "")
    systemd.fake("refuses", "yes")
    manager = Systemd(systemd.inventory)

    with pytest.raises(StepFailedError, match="could not be started"):
        manager.beside(systemd.act(), systemd, "beside-1", wanted(systemd), folder(systemd))

    assert allowed.exists()


def test_under_systemd_nothing_of_it_is_left_when_removed(systemd: LocalHost) -> None:
    manager = Systemd(systemd.inventory)
    manager.beside(systemd.act(), systemd, "beside-1", wanted(systemd), folder(systemd))

    said = manager.remove(systemd.act(), systemd, "remove-1", wanted(systemd))

    assert said == "removed"
    assert not (systemd.root / "etc/systemd/system" / f"{NAME}.service").exists()
    assert not Path(wanted(systemd).file).exists()
