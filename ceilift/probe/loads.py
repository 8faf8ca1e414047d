"""Asks old releases on their hosts whether they load new pipeline files; changes nothing there."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ceilift.errors import StepFailedError, TransientError, UnreachableError
from ceilift.inventory import Inventory
from ceilift.pipeline import LoadSeen, LoadWanted
from ceilift.probe.loader import check_pipeline
from ceilift.remote.ssh import Connections

WORKERS = 32
TIMEOUT_S = 60.0


def observe_loads(
    connections: Connections,
    inventory: Inventory,
    wanted: Sequence[LoadWanted],
    texts: tuple[str, str],
) -> tuple[LoadSeen, ...]:
    """What each says of the texts of pipeline.yaml and event_pipeline.yaml, hosts side by side.

    What cannot be told is in the result with its reason.
    """

    def look(one: LoadWanted) -> LoadSeen:
        host = inventory.host(one.host)
        folder = inventory.path(inventory.install.path, host, release=one.release)
        main = inventory.path(inventory.config.main, host)
        known = (one.host, one.release, one.digests)
        try:
            shell = connections.shell(one.host)
            return LoadSeen(*known, fault=check_pipeline(shell, folder, main, *texts, TIMEOUT_S))
        except (StepFailedError, TransientError, UnreachableError) as error:
            return LoadSeen(*known, unknown=str(error))

    with ThreadPoolExecutor(min(WORKERS, max(len(wanted), 1))) as pool:
        return tuple(pool.map(look, wanted))
