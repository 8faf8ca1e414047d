"""A configuration file of a unit's own: taken in with one start, out again with a later one."""

from __future__ import annotations

from pathlib import Path

from ceilift.services.protocol import AS_IT_IS, Override
from ceilift.services.supervisor import Supervisor
from ceilift.services.systemd import Systemd

from .conftest import UNIT, LocalHost
from .supervised import enable, running, stop
from .test_systemd import drop_in
from .test_systemd import host as systemd_unit

TEXT = "[polling]\ncfg_file = /etc/own.yaml"

__all__ = ["systemd_unit"]


def own(host: LocalHost, text: str = TEXT) -> Override:
    return Override(str(host.root / "etc" / "ceilift" / f"{UNIT}.conf"), text)


def start(host: LocalHost, override: Override = AS_IT_IS) -> str:
    new = str(host.root / "opt" / "ceilometer" / "9.0.7")
    manager = Systemd(host.inventory) if host.backend == "systemd" else Supervisor(host.inventory)
    return manager.start(host.act(), host, "start-1", UNIT, new, override=override)


def command_line(host: LocalHost) -> str:
    return Path("/proc", host.fake("pid"), "cmdline").read_text(encoding="utf-8").replace("\0", " ")


def test_the_unit_reads_it_behind_the_hosts_own(host: LocalHost) -> None:
    file = running(host)
    stop(host)

    assert start(host, own(host)) == "started"

    assert Path(own(host).file).read_text(encoding="utf-8") == TEXT + "\n"
    assert f"--config-file {own(host).file}" in command_line(host)
    (command,) = (line for line in file.read_text().splitlines() if "/9.0.7/bin/agent" in line)
    assert command.endswith(f" --config-file {own(host).file}")


def test_started_with_it_already_nothing_is_done(host: LocalHost) -> None:
    running(host)
    stop(host)
    start(host, own(host))
    calls = host.calls()

    assert start(host, own(host)) == "already started"
    assert host.calls() == calls


def test_without_a_text_it_is_taken_out_again(host: LocalHost) -> None:
    file = running(host)
    before = file.read_text(encoding="utf-8").replace("8.1.5/bin/agent", "9.0.7/bin/agent")
    stop(host)
    start(host, own(host))
    enable(host)

    assert start(host, own(host, "")) == "started"
    enable(host)

    assert own(host).file not in command_line(host)
    assert not Path(own(host).file).exists()
    lines = [line for line in file.read_text().splitlines() if "bin/agent" in line]
    assert lines == [line for line in before.splitlines() if "bin/agent" in line]


def test_a_unit_that_runs_without_it_is_left_alone(host: LocalHost) -> None:
    running(host)
    stop(host)
    start(host)

    assert start(host, own(host, "")) == "already started"


def test_under_systemd_the_drop_in_holds_it(systemd_unit: LocalHost) -> None:
    start(systemd_unit, own(systemd_unit))

    text = drop_in(systemd_unit, "zz-ceilift-release.conf").read_text(encoding="utf-8")
    (command,) = (line for line in text.splitlines() if line.startswith("ExecStart=/"))
    assert command.endswith(f" --config-file {own(systemd_unit).file}")
    assert "ExecStartPost" not in text

    start(systemd_unit, own(systemd_unit, ""))

    text = drop_in(systemd_unit, "zz-ceilift-release.conf").read_text(encoding="utf-8")
    assert "--config-file" not in text
    assert not Path(own(systemd_unit).file).exists()
