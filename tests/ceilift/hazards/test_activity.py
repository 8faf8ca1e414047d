"""Rules about activity: each on a case that fires it, and on a near miss."""

from __future__ import annotations

from ceilift.state import BusState
from tests.cases import not_told, told
from tests.troubled import (
    BLOCKER,
    INFO,
    Fires,
    Silent,
    modern,
    quiet,
)

FIRES: Fires = {
    "a broker that does not answer": (
        lambda: quiet().seen(bus=BusState(reachable=False)),
        "broker-unreachable",
        BLOCKER,
        "inventory: message_bus",
    ),
    "a busy broker": (
        lambda: quiet(limits={"publish_rate": 5}).seen(
            bus=BusState(reachable=True, publish_rate=5.1)
        ),
        "busy",
        BLOCKER,
        "inventory: limits.publish_rate",
    ),
    "a busy database": (
        lambda: quiet(limits={"insert_rate": 5}).database(insert_rate=6.0),
        "busy",
        BLOCKER,
        "inventory: limits.insert_rate",
    ),
    "a broker well above its median": (
        lambda: quiet().seen(
            bus=BusState(reachable=True, publish_rate=15.1, usual_publish_rate=10.0)
        ),
        "busy",
        BLOCKER,
        "inventory: limits.publish_rate",
    ),
    "a database well above its median": (
        lambda: quiet().database(insert_rate=31.0, usual_insert_rate=20.0),
        "busy",
        BLOCKER,
        "inventory: limits.insert_rate",
    ),
    "a limit, and nothing measured": (
        lambda: quiet(limits={"insert_rate": 5}),
        "busy",
        BLOCKER,
        "inventory: limits.insert_rate",
    ),
    "a rate under its limit": (
        lambda: quiet(limits={"insert_rate": 9}).database(insert_rate=6.0),
        "activity",
        INFO,
        "inventory: limits.insert_rate",
    ),
    "a rate without a limit": (
        lambda: quiet().database(insert_rate=6.0),
        "activity",
        INFO,
        "inventory: limits.insert_rate",
    ),
}

SILENT: Silent = {
    "a rate above its limit": (
        lambda: quiet(limits={"insert_rate": 5}).database(insert_rate=6.0),
        "activity",
    ),
    "a rate, and nothing to migrate": (
        lambda: modern().seen(bus=BusState(reachable=True, publish_rate=9.0)),
        "activity",
    ),
    "exactly at the limit": (
        lambda: quiet(limits={"insert_rate": 6}).database(insert_rate=6.0),
        "busy",
    ),
    "exactly at the tolerance": (
        lambda: quiet().database(insert_rate=30.0, usual_insert_rate=20.0),
        "busy",
    ),
    "above the median, and within the operator's limit": (
        lambda: quiet(limits={"insert_rate": 100}).database(
            insert_rate=90.0, usual_insert_rate=20.0
        ),
        "busy",
    ),
    "a median, and nothing measured": (
        lambda: quiet().database(insert_rate=None, usual_insert_rate=20.0),
        "busy",
    ),
    "busy, and nothing to migrate": (
        lambda: modern(limits={"publish_rate": 1}).seen(
            bus=BusState(reachable=True, publish_rate=9.0)
        ),
        "busy",
    ),
    "a broker away, and nothing to do": (
        lambda: quiet(release="9.0.7").seen(bus=None),
        "broker-unreachable",
    ),
}


test_it_is_told = told(FIRES, alone=False)
test_it_is_not_told = not_told(SILENT)
