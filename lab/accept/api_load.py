"""Clients of the API that ask without a pause, and remember every answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from lab.settings import PORTS, Host, Lab

WITHIN_S = 60
OK = 200
A_SECOND = 5


@dataclass
class Requests:
    """The requests to one host so far."""

    asked: int = 0
    good: int = 0
    slowest_s: float = 0.0

    @property
    def failed(self) -> int:
        """Those that were not answered with 200."""
        return self.asked - self.good


@contextmanager
def asked(lab: Lab) -> Iterator[Mapping[str, Requests]]:
    """Ask every API host, one request after the other, while inside."""
    over = threading.Event()
    found = {host.name: Requests() for host in lab.api_hosts}
    clients = [
        threading.Thread(target=_ask, args=(host, found[host.name], over)) for host in lab.api_hosts
    ]
    for client in clients:
        client.start()
    try:
        yield found
    finally:
        over.set()
        for client in clients:
            client.join()


def _ask(host: Host, found: Requests, over: threading.Event) -> None:
    url = f"http://{host.ip}:{PORTS.api}/v2/meters?limit=1"
    while not over.wait(1 / A_SECOND):
        begun = time.monotonic()
        found.asked += 1
        try:
            found.good += requests.get(url, timeout=WITHIN_S).status_code == OK
        except requests.RequestException:
            continue
        finally:
            found.slowest_s = max(found.slowest_s, time.monotonic() - begun)
