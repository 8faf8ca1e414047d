"""Asks the releases installed on hosts which pollsters they really load there.

Entry points of every distribution that import on that host, builders (hardware.snmp) and dynamic
pollsters: only the release's own loading, with the host's own configuration, tells them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import Host
from ceilift.pollsters import PollstersSeen, PollstersWanted
from ceilift.probe.pollsters_script import MARK, SCRIPT
from ceilift.remote.shell import Result
from ceilift.remote.ssh import Connections

WORKERS = 32
DEADLINE_S = 40  # the program ends itself; measured with four releases: 1.3 to 4.5 s
TIMEOUT_S = DEADLINE_S + 5.0
NO_PYTHON = 3


def observe_pollsters(
    connections: Connections, inventory: Inventory, wanted: Iterable[PollstersWanted]
) -> tuple[PollstersSeen, ...]:
    """What each of them loads, in the order asked; hosts side by side, one at a time on a host.

    Read-only. What cannot be told is in the result with its reason. A host that is not in the
    inventory is a KeyError.
    """
    asked = tuple(wanted)
    hosts = {host.name: host for host in inventory.hosts}
    by_host = {one.host: [other for other in asked if other.host == one.host] for one in asked}

    def look(name: str) -> Mapping[PollstersWanted, PollstersSeen]:
        given = {one: _arguments(inventory, hosts[name], one) for one in by_host[name]}
        return {one: _observe(connections, one, args) for one, args in given.items()}

    with ThreadPoolExecutor(min(WORKERS, max(len(by_host), 1))) as pool:
        found = {one: seen for told in pool.map(look, by_host) for one, seen in told.items()}
    return tuple(found[one] for one in asked)


def _arguments(inventory: Inventory, host: Host, wanted: PollstersWanted) -> tuple[str, ...]:
    folder = inventory.path(inventory.install.path, host, release=wanted.release)
    configs = wanted.configs or (inventory.path(inventory.config.main, host),)
    return (folder, str(DEADLINE_S), ",".join(wanted.namespaces), *configs)


def _observe(
    connections: Connections, wanted: PollstersWanted, args: tuple[str, ...]
) -> PollstersSeen:
    try:
        return _seen(wanted, connections.shell(wanted.host).run(SCRIPT, *args, timeout_s=TIMEOUT_S))
    except StepFailedError as error:
        return _unknown(wanted, str(error))


def _seen(wanted: PollstersWanted, result: Result) -> PollstersSeen:
    answer = _answer(result.stdout)
    if answer is None:
        said = result.stderr.strip().splitlines()[-1:] if result.code == NO_PYTHON else []
        return _unknown(wanted, *said or [f"its Python gave no answer (exit code {result.code})"])
    if answer["fault"]:
        return _unknown(wanted, f"loading its pollsters ended with {answer['fault']}")
    return PollstersSeen(
        wanted.host,
        wanted.release,
        wanted.namespaces,
        names=tuple(answer["names"]),
        failed=tuple(sorted(set(answer["failed"]) - set(answer["names"]))),
    )


def _answer(printed: str) -> Mapping[str, Any] | None:
    """The last marked line; None where the program did not come that far."""
    lines = [line for line in printed.splitlines() if line.startswith(MARK)]
    try:
        found = json.loads(lines[-1].removeprefix(MARK)) if lines else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"names", "failed", "fault"} <= set(found) else None


def _unknown(wanted: PollstersWanted, fault: str) -> PollstersSeen:
    return PollstersSeen(wanted.host, wanted.release, wanted.namespaces, fault=fault)
