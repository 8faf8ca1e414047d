"""A webhook on loopback that remembers what it was told, and its block in Prefect."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.settings import PREFECT_API_URL, temporary_settings

NAME = "lab-hook"
SLUG = f"custom-webhook/{NAME}"


@contextmanager
def receiver(api: str) -> Iterator[list[str]]:
    """The subjects of the messages that arrive while used as a context, in their order."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            heard.append(json.loads(self.rfile.read(length))["subject"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        _register(api, server.server_address[1])
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _register(api: str, port: int) -> None:
    block = CustomWebhookNotificationBlock(
        name=NAME,
        url=f"http://127.0.0.1:{port}/",
        json_data={"subject": "{{subject}}", "body": "{{body}}"},
        headers={},
        cookies={},
        allow_private_urls=True,
    )

    async def save() -> None:
        await block.asave(NAME, overwrite=True)

    def register() -> None:
        with temporary_settings({PREFECT_API_URL: api}):
            asyncio.run(save())

    # In a thread of its own: beside a browser there is a running loop in this one.
    thread = threading.Thread(target=register)
    thread.start()
    thread.join()
