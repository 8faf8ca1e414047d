"""Clients of the API that ask one request after the other, or steadily, and count every answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

import requests

from lab.clouds import Host
from lab.settings import PORTS, Lab

WITHIN_S = 60
OK = 200
A_SECOND = 5
MOST_AT_ONCE = 40


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


@contextmanager
def asked_steadily(lab: Lab, a_second: float) -> Iterator[Requests]:
    """Ask the API hosts in turn at a steady rate while inside, however long an answer takes."""
    over, lock, found = threading.Event(), threading.Lock(), Requests()

    def one(host: Host) -> None:
        begun = time.monotonic()
        good = _answers(host)
        with lock:
            found.asked += 1
            found.good += good
            found.slowest_s = max(found.slowest_s, time.monotonic() - begun)

    def beat() -> None:
        begun = time.monotonic()
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            for number, host in enumerate(cycle(lab.api_hosts)):
                if over.wait(max(0.0, begun + number / a_second - time.monotonic())):
                    return
                pool.submit(one, host)

    clock = threading.Thread(target=beat)
    clock.start()
    try:
        yield found
    finally:
        over.set()
        clock.join()


def _answers(host: Host) -> bool:
    try:
        url = f"http://{host.ip}:{PORTS.api}/v2/meters?limit=1"
        return requests.get(url, timeout=WITHIN_S).status_code == OK
    except requests.RequestException:
        return False


def _ask(host: Host, found: Requests, over: threading.Event) -> None:
    while not over.wait(1 / A_SECOND):
        begun = time.monotonic()
        found.asked += 1
        found.good += _answers(host)
        found.slowest_s = max(found.slowest_s, time.monotonic() - begun)
