"""Rules about activity: each on a case that fires it, and on a near miss."""

from __future__ import annotations

from ceilift.broker_alarms import Alarm, Alarms
from ceilift.state import BusState
from tests.cases import not_told, told
from tests.troubled import (
    BLOCKER,
    INFO,
    WARNING,
    Cloud,
    Fires,
    Silent,
    modern,
    quiet,
)


def alarmed(*raised: Alarm, unread: str = "", release: str = "8.1.5") -> Cloud:
    bus = BusState(reachable=True, alarms=Alarms(raised, unread))
    return quiet(release=release).seen(bus=bus)


MEMORY, DISK = Alarm("memory", "rabbit@c1"), Alarm("disk", "rabbit@c2")
FIRES: Fires = {
    "a broker short of memory": (
        lambda: alarmed(MEMORY),
        "broker-alarm",
        BLOCKER,
        "rabbit@c1",
    ),
    "a broker short of disk on two nodes": (
        lambda: alarmed(DISK, Alarm("disk", "rabbit@c1")),
        "broker-alarm",
        BLOCKER,
        "rabbit@c1, rabbit@c2",
    ),
    "alarms that may not be read": (
        lambda: alarmed(unread="give it the tag monitoring"),
        "broker-alarms-unknown",
        WARNING,
        "inventory: message_bus",
    ),
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
    "no alarm": (alarmed, "broker-alarm"),
    "alarms that were read": (alarmed, "broker-alarms-unknown"),
    "an alarm, and nothing to do": (lambda: alarmed(MEMORY, release="9.0.7"), "broker-alarm"),
    "alarms not read, and nothing to do": (
        lambda: alarmed(unread="no", release="9.0.7"),
        "broker-alarms-unknown",
    ),
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


def test_each_kind_of_alarm_has_its_own_remedy() -> None:
    memory, disk = sorted(alarmed(MEMORY, DISK).found("broker-alarm"), key=lambda one: one.where)

    assert "vm_memory_high_watermark" in memory.remedy
    assert "disk_free_limit" in disk.remedy
    assert not memory.acceptable


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)
