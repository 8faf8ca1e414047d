"""Asks hosts whether their pip finds Ceilometer on its package index; changes nothing there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ceilift.errors import StepFailedError
from ceilift.host_files import IndexSeen
from ceilift.inventory import Inventory
from ceilift.probe.index_script import MARK, SCRIPT
from ceilift.remote.shell import Result
from ceilift.remote.ssh import Connections
from ceilift.state import HostState

WORKERS = 32
# The program ends itself. It gives the index five seconds, and where that answers takes about one:
# the rest is for names that are looked up in vain, and for a host that has much to do.
DEADLINE_S = 60
TIMEOUT_S = DEADLINE_S + 5.0


def with_indexes(
    connections: Connections,
    inventory: Inventory,
    hosts: Iterable[HostState],
    names: Iterable[str],
) -> tuple[HostState, ...]:
    """The hosts, those named with what their pip finds; all others as they are.

    Asked side by side, read-only, each with a deadline. Where it cannot be told, nothing is known.
    """
    asked = tuple(dict.fromkeys(names))
    script = _script(inventory)

    def look(name: str) -> IndexSeen | None:
        words = (inventory.install.python, str(DEADLINE_S))
        try:
            return _seen(connections.shell(name).run(script, *words, timeout_s=TIMEOUT_S))
        except StepFailedError:
            return None

    with ThreadPoolExecutor(min(WORKERS, max(len(asked), 1))) as pool:
        found = dict(zip(asked, pool.map(look, asked), strict=True))
    return tuple(_with(host, found) for host in hosts)


def _script(inventory: Inventory) -> str:
    """With the options for pip inside: they are on nobody's command line."""
    return SCRIPT.replace("OPTIONS", json.dumps(list(inventory.install.pip)), 1)


def _with(host: HostState, found: Mapping[str, IndexSeen | None]) -> HostState:
    if host.name not in found:
        return host
    return replace(host, means=replace(host.means, index=found[host.name]))


def _seen(result: Result) -> IndexSeen | None:
    lines = [line for line in result.stdout.splitlines() if line.startswith(MARK)]
    try:
        told = json.loads(lines[-1].removeprefix(MARK)) if lines else {}
        hosts = tuple(map(str, told["hosts"]))
        return IndexSeen(bool(told["answers"]), hosts, str(told["problem"]))
    except (ValueError, KeyError, TypeError):
        return None
