"""Units under supervisor, by the real scripts in a real sh, with real processes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ceilift.services import service_manager
from ceilift.services.supervisor import Supervisor

from .conftest import UNIT, LocalHost
from .supervised import DEFINITION, alive, defined, enable, gone, running, start, stop


def test_the_inventory_chooses_supervisor(host: LocalHost) -> None:
    assert isinstance(service_manager(host.inventory), Supervisor)


def test_stop_ends_master_and_worker_and_prevents_restart(host: LocalHost) -> None:
    file = running(host)
    pid = host.fake("pid")
    assert alive(pid)
    assert stop(host) == "stopped"
    assert gone(pid)
    text = file.read_text(encoding="utf-8")
    assert "\nautostart=false\n" in text
    assert "\nautorestart=false\n" in text
    assert text.endswith(
        "[program:other]\n" + DEFINITION.format(unit="", root=host.root).rpartition("other]\n")[2]
    )


def test_each_is_one_round_trip(host: LocalHost) -> None:
    running(host)
    before = host.runs
    stop(host)
    start(host)
    enable(host)
    assert host.runs == before + 3


def test_a_second_stop_changes_nothing(host: LocalHost) -> None:
    file = running(host)
    stop(host)
    before, calls = file.stat().st_mtime_ns, host.calls()
    assert stop(host) == "already stopped"
    assert file.stat().st_mtime_ns == before
    assert host.calls() == calls


@pytest.mark.parametrize("state", ["STOPPED", "EXITED", "FATAL"])
def test_a_unit_that_does_not_run_is_only_kept_from_starting(host: LocalHost, state: str) -> None:
    file = defined(host)
    host.fake("state", state)
    assert stop(host) == "was not running, restart prevented"
    assert "\nautostart=false\n" in file.read_text(encoding="utf-8")
    assert host.calls() == []


def test_stop_of_a_unit_that_supervisord_does_not_know(host: LocalHost) -> None:
    defined(host)
    assert stop(host) == "was not running, restart prevented"


def test_start_moves_only_this_unit_to_the_new_release(host: LocalHost) -> None:
    file = running(host)
    stop(host)
    assert start(host) == "started"
    text, root = file.read_text(encoding="utf-8"), host.root
    assert f"command={root}/opt/ceilometer/9.0.7/bin/agent --config-file {root}/etc/x.conf" in text
    assert f'PATH="{root}/opt/ceilometer/9.0.7/bin:/usr/bin"' in text
    assert f'OTHER="/srv{root}/opt/ceilometer/8.1.5"' in text, "a longer path is another folder"
    assert f"command={root}/opt/ceilometer/8.1.5/bin/other" in text
    assert text.startswith("; /opt/ceilometer/8.1.5 stays")
    cmdline = Path("/proc", host.fake("pid"), "cmdline").read_text(encoding="utf-8")
    assert "/9.0.7/bin/agent" in cmdline


def test_a_started_unit_comes_back_after_a_crash_and_not_after_a_reboot(host: LocalHost) -> None:
    file = running(host)
    stop(host)
    start(host)
    text = file.read_text(encoding="utf-8")
    assert "\nautostart=false\n" in text
    assert "\nautorestart = unexpected\n" in text


def test_enable_gives_the_operators_own_lines_back(host: LocalHost) -> None:
    file = running(host)
    before = file.read_text(encoding="utf-8")
    stop(host)
    start(host)
    pid = host.fake("pid")
    assert enable(host) == "restart allowed"
    start(host, "8.1.5")
    enable(host)
    assert file.read_text(encoding="utf-8") == before
    assert pid != host.fake("pid"), "only start may touch the process"


def test_enable_does_not_touch_the_process_and_a_second_one_nothing(host: LocalHost) -> None:
    file = running(host)
    stop(host)
    start(host)
    pid, calls = host.fake("pid"), host.calls()
    enable(host)
    changed = file.stat().st_mtime_ns
    assert enable(host) == "restart already allowed"
    assert file.stat().st_mtime_ns == changed
    assert host.fake("pid") == pid
    assert alive(pid)
    assert host.calls() == calls


def test_lines_that_the_operator_left_out_are_gone_again(host: LocalHost) -> None:
    bare = "[program:{unit}]  ; ours\ncommand={root}/opt/ceilometer/8.1.5/bin/agent\nstartsecs=0\n"
    file = running(host, bare)
    before = file.read_text(encoding="utf-8")
    stop(host)
    held = file.read_text(encoding="utf-8")
    assert held.count("autostart=false") == held.count("autorestart=false") == 1
    stop(host)
    assert file.read_text(encoding="utf-8") == held
    enable(host)
    assert file.read_text(encoding="utf-8") == before


def test_a_second_start_changes_nothing_even_when_enabled(host: LocalHost) -> None:
    file = running(host)
    stop(host)
    start(host)
    enable(host)
    pid, changed, calls = host.fake("pid"), file.stat().st_mtime_ns, host.calls()
    assert start(host) == "already started"
    assert (host.fake("pid"), file.stat().st_mtime_ns, host.calls()) == (pid, changed, calls)


def test_a_start_that_was_cut_off_after_the_file_is_finished(host: LocalHost) -> None:
    file = running(host)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("8.1.5/bin/agent", "9.0.7/bin/agent"), encoding="utf-8")
    old = host.fake("pid")
    assert start(host) == "started"
    assert gone(old)
    assert host.calls()[0] == f"update {UNIT}"


def test_mode_and_first_content_are_kept(host: LocalHost) -> None:
    file = running(host)
    first = file.read_text(encoding="utf-8")
    stop(host)
    start(host)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    kept = file.with_name(file.name + ".ceilift-before")
    assert kept.read_text(encoding="utf-8") == first
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640
    assert sorted(entry.name for entry in file.parent.iterdir()) == [file.name, kept.name]
    assert [entry.name for entry in file.parent.glob("*.conf")] == [file.name]


def test_a_linked_definition_stays_a_link(host: LocalHost) -> None:
    file = running(host)
    real = host.root / "etc" / "available.conf"
    file.rename(real)
    file.symlink_to(real)
    stop(host)
    assert file.is_symlink()
    assert "autostart=false" in real.read_text(encoding="utf-8")


def test_a_dry_run_sends_nothing_and_says_what_it_would_do(host: LocalHost) -> None:
    defined(host)
    manager, actor, runs = Supervisor(host.inventory), host.act(dry=True), host.runs
    assert manager.stop(actor, host, "n", UNIT) == f"would stop {UNIT}"
    assert manager.start(actor, host, "n", UNIT, "/new") == f"would start {UNIT}"
    assert manager.enable(actor, host, "n", UNIT) == f"would enable {UNIT}"
    assert host.runs == runs
