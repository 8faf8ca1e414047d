"""When the lab counts as up: data has passed through all of it."""

from __future__ import annotations

from datetime import UTC, datetime

import requests

from lab import database
from lab.clouds import METERS, Host
from lab.settings import PORTS, Lab
from lab.waiting import until
from lab.witness import witnessed

FRESH = 1.5  # intervals


def lately(lab: Lab) -> float:
    """Since when (epoch seconds) every target has been polled in a lab that polls."""
    return now() - FRESH * lab.cloud.interval_s


def now() -> float:
    """The clock that samples are stamped with, as seconds since 1970."""
    return datetime.now(UTC).timestamp()


def silent_targets(lab: Lab, since: float) -> list[str]:
    """The SNMP targets of which a meter has no sample since then."""
    if not lab.cloud.database:
        seen = witnessed(lab)
        there = {(one.resource, one.meter) for one in seen if one.timestamp >= since}
        return [t for t in lab.cloud.targets if any((t, meter) not in there for meter in METERS)]
    rows = database.query(
        lab,
        "SELECT resource.resource_id, meter.name FROM sample "
        "JOIN resource ON resource.internal_id = sample.resource_id "
        "JOIN meter ON meter.id = sample.meter_id "
        "WHERE sample.timestamp >= %s GROUP BY 1, 2",
        since,
    )
    there = {(str(target), str(meter)) for target, meter in rows}
    return [t for t in lab.cloud.targets if any((t, meter) not in there for meter in METERS)]


def api_status(host: Host, within: float = 30) -> int:
    """The HTTP status of /v2/meters on a host, 0 when nothing answers."""
    address = f"http://{host.ip}:{PORTS.api}/v2/meters?limit=1"
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(address, timeout=within).status_code
        except requests.RequestException:
            return 0


def wait_for_samples(lab: Lab, since: float, within: float = 180) -> None:
    """Return when every target has every meter since then."""

    def all_there() -> bool:
        return not silent_targets(lab, since)

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
