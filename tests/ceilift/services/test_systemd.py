"""Units under systemd, by the real scripts in a real sh; a stand-in reads the drop-ins."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError
from ceilift.services import service_manager
from ceilift.services.systemd import Systemd

from .conftest import UNIT, LocalHost

SERVICE = f"{UNIT}.service"
DEFINITION = """\
[Unit]
Description=not /opt/ceilometer/8.1.5

[Service]
# ExecStart={root}/opt/ceilometer/7.0.0/bin/agent
Type=simple
Environment=PYTHONHASHSEED=0
Environment="PATH={root}/opt/ceilometer/8.1.5/bin:/usr/bin" A=1
ExecStart={root}/opt/ceilometer/8.1.5/bin/agent \\
    --log-file {root}/log
ExecStartPost=/bin/true
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""


@pytest.fixture
def host(systemd_host: LocalHost) -> LocalHost:
    """The unit defined, at 8.1.5, and running."""
    host = systemd_host
    host.release("8.1.5")
    host.release("9.0.7")
    host.fake("root", str(host.root))
    host.fake("unit", SERVICE)
    host.fake("restarts", "0")
    definition(host, DEFINITION)
    # a joined line, as systemd itself reads it: the stand-in does not join
    host.fake("command", f"{host.root}/opt/ceilometer/8.1.5/bin/agent --log-file {host.root}/log")
    host.fake("conditions", "")
    ask(host, "start")
    host.fake("calls", "")
    return host


def definition(host: LocalHost, text: str) -> Path:
    return host.file(f"etc/systemd/system/{SERVICE}", text.format(root=host.root))


def drop_in(host: LocalHost, name: str) -> Path:
    return host.root / "etc/systemd/system" / f"{SERVICE}.d" / name


def ask(host: LocalHost, *words: str) -> str:
    return host.run(shlex.join(["systemctl", *words, SERVICE])).stdout.strip()


def state(host: LocalHost) -> str:
    return ask(host, "show", "-p", "ActiveState").removeprefix("ActiveState=")


def reboot(host: LocalHost) -> None:
    """What a reboot does: /run is empty, definitions are read, an enabled unit starts."""
    ask(host, "stop")
    for file in (host.root / "run").rglob("*.allowed"):
        file.unlink()
    ask(host, "daemon-reload")
    ask(host, "start")


def stop(host: LocalHost) -> str:
    return Systemd(host.inventory).stop(host.act(), host, "stop-1", UNIT)


def start(host: LocalHost, version: str = "9.0.7") -> str:
    new = str(host.root / "opt" / "ceilometer" / version)
    manager = Systemd(host.inventory)
    return manager.start(host.act(), host, "start-1", UNIT, new)


def enable(host: LocalHost) -> str:
    return Systemd(host.inventory).enable(host.act(), host, "enable-1", UNIT)


@pytest.fixture(autouse=True)
def _short_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ceilift.services.systemd.HOLD_S", 0.0)


def test_the_inventory_chooses_systemd(host: LocalHost) -> None:
    assert isinstance(service_manager(host.inventory), Systemd)


def test_stop_holds_against_a_start_by_hand_and_a_reboot(host: LocalHost) -> None:
    assert state(host) == "active"
    assert stop(host) == "stopped"
    ask(host, "start")
    assert state(host) == "inactive"
    reboot(host)
    assert state(host) == "inactive"


def test_stop_leaves_the_operators_files_and_enablement_alone(host: LocalHost) -> None:
    file = host.root / "etc/systemd/system" / SERVICE
    before = file.read_text(encoding="utf-8")
    stop(host)
    start(host)
    enable(host)
    assert file.read_text(encoding="utf-8") == before
    assert not [call for call in host.calls() if call.split()[0] in {"enable", "disable", "mask"}]


def test_a_second_stop_changes_nothing(host: LocalHost) -> None:
    stop(host)
    calls = host.calls()
    assert stop(host) == "already stopped"
    assert host.calls() == calls


def test_a_unit_that_does_not_run_is_only_kept_from_starting(host: LocalHost) -> None:
    ask(host, "stop")
    assert stop(host) == "was not running, restart prevented"
    reboot(host)
    assert state(host) == "inactive"


def test_start_overrides_what_names_a_release_and_nothing_else(host: LocalHost) -> None:
    stop(host)
    assert start(host) == "started"
    root = host.root
    assert drop_in(host, "zz-ceilift-release.conf").read_text(encoding="utf-8") == (
        "[Service]\n"
        "Environment=\n"
        "Environment=PYTHONHASHSEED=0\n"
        f'Environment="PATH={root}/opt/ceilometer/9.0.7/bin:/usr/bin" A=1\n'
        "ExecStart=\n"
        f"ExecStart={root}/opt/ceilometer/9.0.7/bin/agent      --log-file {root}/log\n"
    )
    command = Path("/proc", host.fake("pid"), "cmdline").read_text(encoding="utf-8")
    assert "/9.0.7/bin/agent" in command


def test_an_operators_override_is_followed_and_overridden(host: LocalHost) -> None:
    text = f"[Service]\nExecStart=\nExecStart={host.root}/opt/ceilometer/8.1.5/bin/agent --mine\n"
    host.file(f"etc/systemd/system/{SERVICE}.d/override.conf", text)
    start(host)
    made = drop_in(host, "zz-ceilift-release.conf").read_text(encoding="utf-8")
    assert made.count("ExecStart=") == 2
    assert f"ExecStart={host.root}/opt/ceilometer/9.0.7/bin/agent --mine\n" in made
    assert max(entry.name for entry in drop_in(host, "").iterdir()).startswith("zz-ceilift-")


def test_a_started_unit_is_not_started_by_a_reboot_until_enabled(host: LocalHost) -> None:
    stop(host)
    start(host)
    reboot(host)
    assert state(host) == "inactive"
    start(host)
    assert enable(host) == "restart allowed"
    reboot(host)
    assert state(host) == "active"


def test_enable_does_not_touch_the_process_and_a_second_one_nothing(host: LocalHost) -> None:
    stop(host)
    start(host)
    pid = host.fake("pid")
    enable(host)
    calls = host.calls()
    assert enable(host) == "restart already allowed"
    assert host.calls() == calls
    assert host.fake("pid") == pid
    assert state(host) == "active"


def test_a_second_start_changes_nothing(host: LocalHost) -> None:
    start(host)
    enable(host)
    pid, calls = host.fake("pid"), host.calls()
    assert start(host) == "already started"
    assert host.fake("pid") == pid
    assert host.calls() == calls


def test_back_to_the_old_release(host: LocalHost) -> None:
    start(host)
    stop(host)
    assert start(host, "8.1.5") == "started"
    command = Path("/proc", host.fake("pid"), "cmdline").read_text(encoding="utf-8")
    assert "/8.1.5/bin/agent" in command


def test_a_unit_that_names_no_release_is_left_as_it_is(host: LocalHost) -> None:
    definition(host, "[Service]\nExecStart=/usr/bin/agent\n")
    with pytest.raises(StepFailedError, match="names no release folder"):
        start(host)
    assert host.calls() == []
    assert state(host) == "active"


def test_a_release_that_is_not_there_changes_nothing(host: LocalHost) -> None:
    with pytest.raises(
        StepFailedError, match=r"9.9.9 does not exist: the release is not installed"
    ):
        start(host, "9.9.9")
    assert host.calls() == []


@pytest.mark.parametrize("verb", [stop, start, enable])
def test_an_unknown_unit_is_told(host: LocalHost, verb: object) -> None:
    (host.root / "etc/systemd/system" / SERVICE).unlink()
    with pytest.raises(StepFailedError, match=f"systemd has no unit {SERVICE}"):
        verb(host)  # type: ignore[operator]


def test_a_unit_that_the_operator_masked_is_not_unmasked(host: LocalHost) -> None:
    host.fake("loaded", "masked")
    with pytest.raises(StepFailedError, match=f"it is masked: systemctl unmask {SERVICE}"):
        start(host)


def test_a_start_that_fails_shows_its_journal_and_stays_down(host: LocalHost) -> None:
    stop(host)
    host.fake("refuses", "yes")
    with pytest.raises(StepFailedError, match="it could not be started within 90 s") as failed:
        start(host)
    assert "journal: password=*** no route" in str(failed.value)
    ask(host, "start")
    assert state(host) == "inactive"


def test_an_agent_that_does_not_last_is_stopped(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ceilift.services.systemd.HOLD_S", 1.0)
    stop(host)
    host.release("9.0.7", f"#!/bin/sh\necho 'no broker' >>{host.root}/log\nsleep 0.3\n")
    with pytest.raises(StepFailedError, match="was started and did not last 1 s") as failed:
        start(host)
    assert "no broker" in str(failed.value)
    assert host.calls()[-1] == f"stop {SERVICE}"


def test_a_dry_run_sends_nothing(host: LocalHost) -> None:
    runs, manager, actor = host.runs, Systemd(host.inventory), host.act(dry=True)
    assert manager.stop(actor, host, "n", UNIT) == f"would stop {UNIT}"
    assert manager.start(actor, host, "n", UNIT, "/new") == f"would start {UNIT}"
    assert manager.enable(actor, host, "n", UNIT) == f"would enable {UNIT}"
    assert host.runs == runs
