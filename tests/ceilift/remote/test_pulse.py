"""A host under a script that falls silent, and one that is only busy, against a real sshd."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ceilift.errors import TransientError
from ceilift.remote import pulse

from .conftest import Network, Sshd, descendants, until

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def stand_still(host: Sshd) -> None:
    """All that serves open connections there; what listens goes on, as a kernel does."""
    assert host.process is not None
    for pid in descendants(host.process.pid):
        os.kill(pid, signal.SIGSTOP)


def test_a_host_that_stands_still_is_not_waited_for_until_the_script_is_overdue(
    network: Network, host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "PULSE_S", 0.2)
    monkeypatch.setattr(pulse, "SILENT_S", 0.5)
    shell, mark = network.shell(), host.folder / "begun"
    failures: list[str] = []

    def act() -> None:
        try:
            shell.run('echo >"$1"; sleep 600', str(mark), timeout_s=3600)
        except TransientError as error:
            failures.append(str(error))

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    until(mark.exists)
    stand_still(host)
    thread.join(20)

    assert failures == ["ctl1: the connection broke while a script ran: how it ended is not known"]
    assert shell.run("echo again").stdout == "again\n"


def test_a_script_that_says_nothing_is_waited_for_as_long_as_its_host_answers(
    network: Network, host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "PULSE_S", 0.05)
    shell = network.shell()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda word: shell.run("sleep 1; echo $1", word), "abcd"))

    assert [result.stdout for result in results] == ["a\n", "b\n", "c\n", "d\n"]
    assert host.logins == 1
