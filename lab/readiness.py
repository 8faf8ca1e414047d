"""When the lab counts as up: data has passed through all of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import requests

from lab import database
from lab.clouds import METERS, Host
from lab.settings import PORTS, Lab
from lab.waiting import until
from lab.witness import witnessed

FRESH = 1.5  # intervals
LEARNABLE = 3  # polls from which an upgrade learns a series' interval


def lately(lab: Lab) -> float:
    """Since when (epoch seconds) every target has been polled in a lab that polls."""
    return now() - FRESH * lab.cloud.interval_s


def now() -> float:
    """The clock that samples are stamped with, as seconds since 1970."""
    return datetime.now(UTC).timestamp()


def silent_targets(lab: Lab, since: float, polls: int = 1) -> list[str]:
    """The SNMP targets of which a meter was not polled that often since then."""
    found = _database_polls(lab, since) if lab.cloud.database else _witnessed_polls(lab, since)
    return [t for t in lab.cloud.targets if any(found.get((t, m), 0) < polls for m in METERS)]


def _database_polls(lab: Lab, since: float) -> dict[tuple[str, str], int]:
    rows = database.query(
        lab,
        "SELECT resource.resource_id, meter.name, COUNT(DISTINCT sample.timestamp) FROM sample "
        "JOIN resource ON resource.internal_id = sample.resource_id "
        "JOIN meter ON meter.id = sample.meter_id "
        "WHERE sample.timestamp >= %s GROUP BY 1, 2",
        since,
    )
    return {(str(target), str(meter)): int(polls) for target, meter, polls in rows}


def _witnessed_polls(lab: Lab, since: float) -> dict[tuple[str, str], int]:
    seen = {(one.resource, one.meter, one.timestamp) for one in witnessed(lab)}
    return Counter((target, meter) for target, meter, moment in seen if moment >= since)


def api_status(host: Host, within: float = 30) -> int:
    """The HTTP status of /v2/meters on a host, 0 when nothing answers."""
    address = f"http://{host.ip}:{PORTS.api}/v2/meters?limit=1"
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(address, timeout=within).status_code
        except requests.RequestException:
            return 0


def wait_for_samples(lab: Lab, since: float, polls: int, within: float = 240) -> None:
    """Return when every meter of every target was polled that often since then."""

    def all_there() -> bool:
        return not silent_targets(lab, since, polls)

    until(all_there, "samples of all SNMP targets are stored", within, every=0.3)


def wait_for_api(lab: Lab, within: float = 120) -> None:
    """Return when /v2/meters answers 200 on every API host."""
    ok = 200
    for host in lab.api_hosts:
        until(
            lambda host=host: api_status(host) == ok,  # type: ignore[misc]
            f"the API on {host.name} answers",
            within,
            every=0.3,
        )


def polled_lately(lab: Lab) -> bool:
    """Whether every target was polled within the last interval and a half."""
    return not silent_targets(lab, lately(lab))
