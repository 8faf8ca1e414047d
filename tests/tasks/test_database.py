"""The database stage: what is sent, and in which words it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ceilift.errors import StepFailedError
from ceilift.plan import Action, Step
from ceilift.remote.shell import Result
from ceilift.state import DatabaseState
from tasks.database import _backup, _dbsync
from tasks.run import Consent, dry_run
from tasks.session import Session
from tests import clouds
from tests.fakes import FakeProgress, FakeStore
from tests.tasks.conftest import Runs

FENCED_BY = 3  # arguments of every act: root, cloud and token


def step_of(runs: Runs, action: Action) -> Step:
    return next(step for step in runs.plan().steps if step.action is action)


def test_the_dump_is_sent_with_its_secret_on_standard_input_only(runs: Runs) -> None:
    session = runs.open()
    runs.cloud.database_password = "hunter2"  # noqa: S105 - a test's
    runs.cloud.samples = FakeStore(state=DatabaseState(reachable=True, size_bytes=10 << 20))
    shell = runs.cloud.connections.shell("ctl1")
    shell.answer = Result(0, "/var/backups/x.sql.gz sha256:abc 12 bytes\n", "", 1.0)

    said = _backup(session, step_of(runs, Action.BACKUP))

    [asked] = shell.asked
    assert said == "/var/backups/x.sql.gz sha256:abc 12 bytes"
    assert "hunter2" in asked.script
    assert not any("hunter2" in word for word in asked.args)
    assert f"-lt {10 << 10} ]" in asked.script
    assert session.upgrade is not None
    assert "hunter2" not in str(runs.cloud.ledger.intents(session.upgrade))


def test_a_dump_with_nothing_running_before_is_still_named(runs: Runs) -> None:
    session = runs.open()
    session.plan = replace(session.plan, releases=())

    _backup(session, step_of(runs, Action.BACKUP))

    assert "test-to-9.0.7" in runs.cloud.connections.shell("ctl1").asked[0].script


def test_a_failed_dump_names_host_step_and_way_on_without_secrets(runs: Runs) -> None:
    session = runs.open()
    runs.cloud.connections.shell("ctl1").answer = Result(1, "", "password=hunter2 refused", 1.0)

    with pytest.raises(StepFailedError, match="database/backup: the dump failed on ctl1") as told:
        _backup(session, step_of(runs, Action.BACKUP))

    assert "hunter2" not in str(told.value)
    assert told.value.next_command is not None
    assert "ceilift resume" in told.value.next_command


def test_dbsync_is_the_targets_own_command_with_a_deadline(runs: Runs) -> None:
    session = runs.open()

    _dbsync(session, step_of(runs, Action.DBSYNC))

    [asked] = runs.cloud.connections.shell("ctl1").asked
    assert "/opt/ceilometer/9.0.7/bin/ceilometer-upgrade --skip-gnocchi" in asked.script
    assert asked.args[-2:] == ("3600", "/etc/ceilometer/ceilometer.conf")
    assert asked.timeout_s > 3600


@pytest.mark.parametrize(("act", "action"), [(_backup, Action.BACKUP), (_dbsync, Action.DBSYNC)])
def test_a_run_that_goes_on_names_the_act_of_the_dead_one(
    runs: Runs, act: Callable[[Session, Step], str], action: Action
) -> None:
    """So that the host does not do again what ended while nobody listened."""
    session = runs.open()
    step, asked = step_of(runs, action), runs.cloud.connections.shell("ctl1").asked
    act(session, step)
    runs.close()
    session = runs.open(session.plan, Consent("", "resume"))
    act(session, step)
    session.cloud.ledger.add_evidence(session.upgrade or 0, step.id, "9.0.7", "now", "done")
    act(session, step)

    first, again, anew = ([*one.args][FENCED_BY : FENCED_BY + 3] for one in asked)
    assert first == again
    assert anew[:2] == first[:2]
    assert anew[2] != first[2]


@pytest.mark.parametrize(
    ("code", "said"),
    [(124, "did not end within 3600 s"), (137, "did not end within 3600 s"), (3, "exited with 3")],
)
def test_a_failed_dbsync_says_that_nothing_was_stopped(runs: Runs, code: int, said: str) -> None:
    session = runs.open()
    answer = Result(code, "mysql://u:hunter2@db: no such table\n", "", 1.0)
    runs.cloud.connections.shell("ctl1").answer = answer

    with pytest.raises(StepFailedError, match="Nothing was stopped") as told:
        _dbsync(session, step_of(runs, Action.DBSYNC))

    assert said in str(told.value)
    assert "hunter2" not in str(told.value)


def test_a_dry_run_asks_for_no_secret_and_sends_nothing(runs: Runs) -> None:
    session = dry_run(runs.cloud.as_cloud(), clouds.catalogue(), runs.plan(), FakeProgress())

    assert _backup(session, step_of(runs, Action.BACKUP)) == "dry run"
    assert _dbsync(session, step_of(runs, Action.DBSYNC)) == "dry run"
    assert runs.cloud.connections.asked == []
