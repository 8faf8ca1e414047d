"""The one way to a change: written down before and after, and fenced by the newest lease."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from ceilift.errors import RefusedError, TransientError
from ceilift.inventory import Inventory
from ceilift.remote.act import Actor, Recorder
from ceilift.remote.shell import Result


class LocalShell:
    """A real sh on this machine; `breaks` stands for a connection that goes away."""

    host = "ctl1"

    def __init__(self, home: Path, *, breaks: bool = False) -> None:
        self.home = home
        self.breaks = breaks
        self.runs = 0
        self.path = "/usr/bin:/bin"

    def run(
        self,
        script: str,
        *args: str,
        timeout_s: float = 30.0,
        become: bool = True,  # noqa: ARG002 - the protocol's
    ) -> Result:
        self.runs += 1
        if self.breaks:
            raise TransientError("gone", host=self.host)
        done = subprocess.run(
            ["sh", "-s", "--", *args],
            input=script,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env={"PATH": self.path, "HOME": str(self.home)},
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr, 0.1)


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory.model_validate(
        {
            "cloud": "test",
            "hosts": [{"name": "ctl1", "address": "192.0.2.1", "root": str(tmp_path)}],
            "message_bus": {
                "management_url": "http://192.0.2.1:15672",
                "user": "ceilift",
                "password": {"env": "NONE"},
            },
            "ledger": "sqlite://",
        }
    )


@pytest.fixture
def shell(tmp_path: Path) -> LocalShell:
    return LocalShell(tmp_path)


def token_file(folder: Path) -> Path:
    found = [*folder.rglob("test.token")]
    assert len(found) == 1
    return found[0]


def test_intent_before_and_outcome_after(inventory: Inventory, shell: LocalShell) -> None:
    journal = Recorder()
    result = Actor(inventory, journal, 1).act(shell, "stop-1", "stop x", 'echo "$#:$1"', "a b")
    assert result.stdout == "1:a b\n"
    assert journal.intents == [("stop-1", "ctl1", "stop x")]
    assert journal.outcomes == [(1, "done", "")]


def test_a_failure_is_written_down_without_secrets(inventory: Inventory, shell: LocalShell) -> None:
    journal = Recorder()
    result = Actor(inventory, journal, 1).act(
        shell, "n", "s", "echo 'amqp://u:s3cret@bus is down' >&2; exit 4"
    )
    assert result.code == 4
    assert journal.outcomes == [(1, "failed", "amqp://u:***@bus is down")]


def test_an_older_lease_may_not_act(
    inventory: Inventory, shell: LocalShell, tmp_path: Path
) -> None:
    newer, older, journal = Actor(inventory, Recorder(), 7), Recorder(), tmp_path / "ran"
    newer.act(shell, "n", "s", "true")
    with pytest.raises(
        RefusedError, match=r"ctl1: a newer run acts .*token 7 was seen here, ours is 6"
    ):
        Actor(inventory, older, 6).act(shell, "n", "s", 'echo >"$1"', str(journal))
    assert not journal.exists()
    assert older.outcomes[0][1] == "refused"


def test_a_newer_lease_takes_over_and_the_same_one_goes_on(
    inventory: Inventory, shell: LocalShell, tmp_path: Path
) -> None:
    for token in (9, 10, 10, 11):
        assert Actor(inventory, Recorder(), token).act(shell, "n", "s", "true").ok
    file = token_file(tmp_path)
    assert file.read_text(encoding="utf-8") == "11\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", ["", "\n", "\0\0\0", "7x"])
def test_a_token_that_a_host_lost_with_its_power_bars_nobody(
    inventory: Inventory, shell: LocalShell, tmp_path: Path, left: str
) -> None:
    assert Actor(inventory, Recorder(), 7).act(shell, "n", "s", "true").ok
    token_file(tmp_path).write_text(left, encoding="utf-8")

    assert Actor(inventory, Recorder(), 6).act(shell, "n", "s", "true").ok
    assert token_file(tmp_path).read_text(encoding="utf-8") == "6\n"


def test_a_token_is_on_the_disk_before_anything_is_done(
    inventory: Inventory, shell: LocalShell, tmp_path: Path
) -> None:
    """A host that loses its power then knows it: a file that was only renamed would be empty."""
    log = tmp_path / "synced"
    program = tmp_path / "bin" / "sync"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$(cat "$1" 2>/dev/null)" >>{log}\n', encoding="utf-8")
    program.chmod(0o755)
    shell.path = f"{program.parent}:{shell.path}"

    said = Actor(inventory, Recorder(), 8).act(shell, "n", "s", f"cat {log}")

    assert said.stdout.splitlines()[0] == "8"


def test_a_dry_run_sends_nothing_and_writes_it_down(
    inventory: Inventory, shell: LocalShell
) -> None:
    journal = Recorder()
    actor = Actor(inventory, journal, 0, dry=True)
    assert actor.act(shell, "n", "stop x", "exit 1") == Result(0, "", "", 0.0)
    assert (shell.runs, journal.outcomes) == (0, [(1, "dry", "")])


def test_a_broken_connection_leaves_the_intent_open(inventory: Inventory, tmp_path: Path) -> None:
    journal = Recorder()
    with pytest.raises(TransientError):
        Actor(inventory, journal, 1).act(LocalShell(tmp_path, breaks=True), "n", "s", "true")
    assert (len(journal.intents), journal.outcomes) == (1, [])


def test_a_journal_that_refuses_stops_the_act(inventory: Inventory, shell: LocalShell) -> None:
    class Closed(Recorder):
        def intend(self, node: str, host: str, summary: str) -> int:
            raise RefusedError(f"{node}: the lease of {host} is gone: no {summary}")

    with pytest.raises(RefusedError, match="the lease of ctl1 is gone"):
        Actor(inventory, Closed(), 1).act(shell, "n", "s", "true")
    assert shell.runs == 0
