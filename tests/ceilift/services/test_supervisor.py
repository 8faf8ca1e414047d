"""Units under supervisor, by the real scripts in a real sh, with real processes."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError
from ceilift.services import service_manager
from ceilift.services.supervisor import Supervisor

from .conftest import UNIT, LocalHost

DEFINITION = """\
; /opt/ceilometer/8.1.5 stays in a comment
[program:{unit}]
command={root}/opt/ceilometer/8.1.5/bin/agent --config-file {root}/etc/x.conf --log-file {root}/log
environment=PATH="{root}/opt/ceilometer/8.1.5/bin:/usr/bin",OTHER="/srv{root}/opt/ceilometer/8.1.5"
autostart=true
autorestart = unexpected
startsecs=0

[program:other]
command={root}/opt/ceilometer/8.1.5/bin/other
autostart=true
"""


def defined(host: LocalHost, text: str = DEFINITION, mode: int = 0o640) -> Path:
    host.release("8.1.5")
    host.release("9.0.7")
    file = host.file(f"etc/conf.d/{UNIT}.conf", text.format(unit=UNIT, root=host.root), mode)
    host.fake("file", str(file))
    return file


def running(host: LocalHost, text: str = DEFINITION) -> Path:
    """The unit defined, and running at 8.1.5."""
    file = defined(host, text)
    ask(host, "update")
    ask(host, "start")
    host.fake("calls", "")
    return file


def ask(host: LocalHost, *words: str) -> str:
    return host.run(shlex.join(["supervisorctl", *words, UNIT])).stdout.strip()


def stop(host: LocalHost) -> str:
    return Supervisor(host.inventory).stop(host.act(), host, "stop-1", UNIT)


def start(host: LocalHost, version: str = "9.0.7") -> str:
    new = str(host.root / "opt" / "ceilometer" / version)
    return Supervisor(host.inventory).start(host.act(), host, "start-1", UNIT, new)


def enable(host: LocalHost) -> str:
    return Supervisor(host.inventory).enable(host.act(), host, "enable-1", UNIT)


def alive(pid: str) -> bool:
    """Whether the process lives, or anything of its group."""
    groups = [Path(entry, "stat") for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return any(_group_of(stat) == pid for stat in groups)


def _group_of(file: Path) -> str:
    try:
        words = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if words[0] == "Z" else words[2]


def test_the_inventory_chooses_supervisor(host: LocalHost) -> None:
    assert isinstance(service_manager(host.inventory), Supervisor)


def test_stop_ends_master_and_worker_and_prevents_restart(host: LocalHost) -> None:
    file = running(host)
    pid = host.fake("pid")
    assert alive(pid)
    assert stop(host) == "stopped"
    assert not alive(pid)
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


def test_processes_that_stay_are_named(host: LocalHost) -> None:
    stubborn = "#!/bin/sh\ntrap '' TERM\nsleep 60 &\nwhile :; do wait; done\n"
    defined(host)
    host.release("8.1.5", stubborn)
    ask(host, "update")
    ask(host, "start")
    until_trapped(host)
    with pytest.raises(
        StepFailedError, match="after 1 s these processes of it still run"
    ) as failed:
        stop(host)
    assert host.fake("pid") in str(failed.value)
    assert failed.value.host == "ctl1"
    assert UNIT in str(failed.value)
    assert failed.value.next_command is not None
    assert "ceilift resume" in failed.value.next_command


def until_trapped(host: LocalHost) -> None:
    """Wait until the agent ignores SIGTERM (its worker runs)."""
    status = Path("/proc", host.fake("pid"), "status")
    while (
        not int(status.read_text(encoding="utf-8").split("SigIgn:\t")[1].split()[0], 16) & 1 << 14
    ):
        os.sched_yield()


def test_a_supervisord_that_does_not_answer_is_no_stopped_unit(host: LocalHost) -> None:
    defined(host)
    host.fake("down", "yes")
    with pytest.raises(StepFailedError, match="supervisord does not answer: unix:"):
        stop(host)


def test_a_missing_definition_is_told_with_its_path(host: LocalHost) -> None:
    with pytest.raises(StepFailedError, match=f"{UNIT}.conf does not exist"):
        stop(host)


def test_a_definition_of_something_else_is_refused_and_kept(host: LocalHost) -> None:
    file = defined(host, "[program:another]\ncommand=x\n")
    with pytest.raises(StepFailedError, match="could not be rewritten"):
        stop(host)
    assert file.read_text(encoding="utf-8") == "[program:another]\ncommand=x\n"
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


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
    assert not alive(old)
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


def test_a_release_that_is_not_there_changes_nothing(host: LocalHost) -> None:
    file = running(host)
    before = file.read_text(encoding="utf-8")
    with pytest.raises(
        StepFailedError, match=r"9.9.9 does not exist: the release is not installed"
    ):
        start(host, "9.9.9")
    assert file.read_text(encoding="utf-8") == before
    assert host.calls() == []


def test_a_definition_that_names_no_release_starts_nothing(host: LocalHost) -> None:
    defined(host, "[program:{unit}]\ncommand=/usr/bin/agent --config {root}/opt/ceilometer/etc/x\n")
    with pytest.raises(StepFailedError, match="names no release folder"):
        start(host)
    assert host.calls() == []


def test_a_refused_definition_is_told_in_supervisors_words(host: LocalHost) -> None:
    running(host)
    host.fake("refuses", "bad environment")
    with pytest.raises(StepFailedError, match=r"refuses its definition: .*bad environment"):
        start(host)


@pytest.mark.parametrize("fate", ["FATAL", "EXITED"])
def test_a_start_that_fails_shows_its_log_without_secrets_and_stays_down(
    host: LocalHost, fate: str
) -> None:
    running(host)
    stop(host)
    log = host.file("log", "a line of last week\n")
    dying = f"#!/bin/sh\necho 'Traceback: rabbit://user:s3cret@bus/' >>{log}\nexit 1\n"
    host.release("9.0.7", dying)
    host.fake("fate", fate)
    host.fake("output", "a warning")
    with pytest.raises(StepFailedError, match=f"it is {fate}") as failed:
        start(host)
    message = str(failed.value)
    assert "rabbit://user:***@bus/" in message
    assert "last week" not in message
    assert "a warning" not in message
    assert (failed.value.host, failed.value.step) == ("ctl1", "start-1")
    assert host.calls()[-1] == f"stop {UNIT}"


def test_an_agent_without_a_log_shows_what_supervisor_caught(host: LocalHost) -> None:
    running(host)
    stop(host)
    host.fake("fate", "FATAL")
    host.fake("output", "password=s3cret is wrong")
    with pytest.raises(StepFailedError, match=r"password=\*\*\* is wrong"):
        start(host)


def test_running_must_last(host: LocalHost) -> None:
    running(host, DEFINITION.replace("startsecs=0", "startsecs=1"))
    stop(host)
    host.release("9.0.7", "#!/bin/sh\nsleep 0.5\n")
    with pytest.raises(StepFailedError, match="was running and did not last 1 s"):
        start(host)


def test_an_agent_that_fails_while_it_loads_was_never_started(host: LocalHost) -> None:
    running(host)  # startsecs=0: supervisord takes anything for running
    stop(host)
    host.release("9.0.7", "#!/bin/sh\nexec sleep 0.5\n")
    with pytest.raises(StepFailedError, match="was running and did not last"):
        start(host)


def test_an_agent_without_workers_is_given_time_to_load(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ceilift.services.supervisor.LOADING_S", 1.0)
    running(host)
    host.release("9.0.7", "#!/bin/sh\nexec sleep 60\n")
    assert start(host) == "started"


def test_a_dry_run_sends_nothing_and_says_what_it_would_do(host: LocalHost) -> None:
    defined(host)
    manager, actor, runs = Supervisor(host.inventory), host.act(dry=True), host.runs
    assert manager.stop(actor, host, "n", UNIT) == f"would stop {UNIT}"
    assert manager.start(actor, host, "n", UNIT, "/new") == f"would start {UNIT}"
    assert manager.enable(actor, host, "n", UNIT) == f"would enable {UNIT}"
    assert host.runs == runs


def test_an_inventory_without_definitions_is_told(host: LocalHost) -> None:
    services = host.inventory.services.model_copy(update={"definition": ""})
    inventory = host.inventory.model_copy(update={"services": services})
    with pytest.raises(StepFailedError, match="where its definition stands"):
        Supervisor(inventory).stop(host.act(), host, "n", UNIT)
