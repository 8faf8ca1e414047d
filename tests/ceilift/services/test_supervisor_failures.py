"""What can go wrong with a unit under supervisor: told in words, and nothing half done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError
from ceilift.services.supervisor import Supervisor

from .conftest import UNIT, LocalHost
from .supervised import DEFINITION, ask, defined, running, start, stop


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
    host.release("9.0.7", "#!/bin/sh\nexit 1\n")
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


def test_an_inventory_without_definitions_is_told(host: LocalHost) -> None:
    services = host.inventory.services.model_copy(update={"definition": ""})
    inventory = host.inventory.model_copy(update={"services": services})
    with pytest.raises(StepFailedError, match="where its definition stands"):
        Supervisor(inventory).stop(host.act(), host, "n", UNIT)
