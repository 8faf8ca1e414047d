"""The private Prefect server: that it cannot start, or asks for a password, is told in words."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ceilift.clock import monotonic
from ceilift.errors import CeiliftError
from flows.server import (
    LOGIN,
    LOOPBACK,
    START_DEADLINE_S,
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
    with HTTPServer(("127.0.0.1", 0), Guarded) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()
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
