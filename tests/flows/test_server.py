"""The private Prefect server: that it cannot start, or asks for a password, is told in words."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest

from ceilift.clock import monotonic
from ceilift.errors import CeiliftError
from flows import server
from flows.server import (
    LOGIN,
    LOOPBACK,
    START_DEADLINE_S,
    Server,
    ensure_server,
    is_gone,
    refuse_without_login,
    running_server,
    start_server,
)

RIGHT = "ann:pw:1234"


class Guarded(BaseHTTPRequestHandler):
    """Answers as Prefect's server with PREFECT_SERVER_API_AUTH_STRING."""

    def do_GET(self) -> None:
        wanted = f"Basic {base64.b64encode(RIGHT.encode()).decode()}"
        self.send_response(200 if self.headers.get("Authorization") == wanted else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@pytest.fixture
def guarded() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Guarded) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/api"
        http.shutdown()
        thread.join()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(("given", "said"), [("", "is not set"), ("ann:x", "holds another")])
def test_a_password_that_is_wanted_and_not_there_is_told(
    guarded: str, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    monkeypatch.setenv(LOGIN, given)
    with pytest.raises(CeiliftError, match=f"{LOGIN} {said}") as refused:
        refuse_without_login(guarded)
    assert not given or given not in str(refused.value)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_with_the_password_it_goes_on(guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOGIN, RIGHT)
    refuse_without_login(guarded)


@pytest.mark.prefect
def test_a_broken_database_is_told_without_waiting_for_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path))
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "prefect.db").write_bytes(b"this is no database" * 100)
    begun = monotonic()
    with pytest.raises(CeiliftError, match="move that away") as failed:
        start_server()
    assert "ended with" in str(failed.value)
    assert failed.value.next_command == "ceilift status"
    assert monotonic() - begun < START_DEADLINE_S
    assert running_server() is None


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_server_is_gone_where_nobody_listens_at_its_port() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        url = f"http://{LOOPBACK}:{taken.getsockname()[1]}/api"
        assert is_gone(url)

        taken.listen()

        assert not is_gone(url)


class Hung(BaseHTTPRequestHandler):
    """Takes a question and answers none, until `WAKES`; then as a server that is well."""

    def do_GET(self) -> None:
        if WAKES.wait(20):
            self.send_response(200)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


WAKES = threading.Event()


@pytest.fixture
def hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A private server that does not answer yet; its process lives."""
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    for name in ("PREFECT_HOME", *server.QUIET):
        monkeypatch.setenv(name, os.environ.get(name, "false"))
    monkeypatch.setattr(server, "HEALTH_WITHIN_S", 0.2)
    monkeypatch.setattr(server, "ANSWER_WITHIN_S", 0.5)
    WAKES.clear()
    words = [sys.executable, "-c", "import time; time.sleep(60)", "prefect", "server"]
    with subprocess.Popen(words) as process, ThreadingHTTPServer(("127.0.0.1", 0), Hung) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        found = Server(process.pid, http.server_port)
        (tmp_path / "server.json").write_text(json.dumps(asdict(found)), encoding="utf-8")
        yield found.api_url
        WAKES.set()
        http.shutdown()
        thread.join()
        process.kill()


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_server_that_is_slow_is_waited_for_and_no_other_is_started(
    hung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "start_server", lambda: pytest.fail("a second one was started"))
    threading.Timer(1.0, WAKES.set).start()

    assert ensure_server() == hung


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_one_that_does_not_answer_is_told_in_words_with_its_log(hung: str, tmp_path: Path) -> None:
    with pytest.raises(CeiliftError, match="does not answer") as raised:
        refuse_without_login(hung)

    assert str(tmp_path / "prefect" / "server.log") in str(raised.value)
    assert raised.value.next_command is not None


def test_a_number_that_another_process_has_by_now_is_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path))
    nobody = Server(os.getpid(), 9)
    (tmp_path / "server.json").write_text(json.dumps(asdict(nobody)), encoding="utf-8")

    assert server._slow_server() is None
