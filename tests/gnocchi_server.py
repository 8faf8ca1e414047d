"""Gnocchi's API on a real socket of loopback: it answers as 4.7.1 does, or fails as told."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INDEX = {"status": "CURRENT", "links": [], "id": "v1.0", "updated": "2015-03-19"}


@dataclass
class GnocchiServer:
    """What it says, and what it was asked. `measures` are told one after the other, the last again.

    `admin`: the user of auth_mode basic, or the token, that may read the status ("": everyone).
    `failing`: status codes that come first. Without a metricd, ever, the status fails.
    `body`: another body for every answer.
    """

    build: str | None = "4.7.1"
    measures: list[int] = field(default_factory=lambda: [0])
    metrics: int = 0
    processors: list[str] | None = None
    admin: str = ""
    failing: list[int] = field(default_factory=list)
    has_metricd: bool = True
    body: bytes | None = None
    hangs: bool = False
    asked: list[str] = field(default_factory=list)
    url: str = ""
    done: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        self.asked.append(path)
        if self.hangs:
            self.done.wait(30)
        if self.failing:
            return self.failing.pop(0), {}
        if path == "/":
            build = {} if self.build is None else {"build": self.build}
            return 200, {**build, "versions": [INDEX]}
        if path.partition("?")[0] != "/v1/status":
            return 404, {}
        if self.admin and self.admin not in _logins(headers):
            return 401 if not headers.get("authorization") else 403, {}
        if not self.has_metricd:
            return 500, {}
        measures = self.measures.pop(0) if len(self.measures) > 1 else self.measures[0]
        summary = {"metrics": self.metrics, "measures": measures}
        metricd: dict[str, Any] = {"processors": self.processors, "statistics": {}}
        return 200, {"storage": {"summary": summary}, "metricd": metricd}


def _logins(headers: dict[str, str]) -> tuple[str, ...]:
    basic = headers.get("authorization", "").removeprefix("Basic ")
    user = base64.b64decode(basic).decode().partition(":")[0]
    return user, headers.get("x-auth-token", "")


@contextmanager
def serving(said: GnocchiServer) -> Iterator[GnocchiServer]:
    """That server, listening; `said.url` leads to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            code, found = said.answer(self.path, headers)
            body = json.dumps(found).encode() if said.body is None else said.body
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield said
    finally:
        said.done.set()
        server.shutdown()
        server.server_close()
        thread.join()
