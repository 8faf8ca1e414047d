"""Rows of RabbitMQ's management API, as what they say of queues and connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ceilift.broker_alarms import Alarm, Kind
from ceilift.errors import TransientError
from ceilift.state import BusConnection, QueueState

FIGURES = ("messages_ready", "messages_unacknowledged", "consumers")
ALARMS: Mapping[str, Kind] = {"mem_alarm": "memory", "disk_free_alarm": "disk"}


def queue_row(row: Mapping[str, Any]) -> QueueState:
    """A queue. Raises TransientError while the broker has no figures of it yet."""
    if is_new(row):
        raise TransientError(f"The broker has no figures of the queue {row.get('name')} yet")
    ready, unacknowledged, consumers = (int(row[key]) for key in FIGURES)
    return QueueState(
        str(row["name"]),
        ready,
        unacknowledged,
        consumers,
        policy=str(row.get("policy") or ""),
        ttl_s=_seconds(_bound(row, "message-ttl")),
        max_length=_bound(row, "max-length"),
        expires_s=_seconds(_bound(row, "expires")),
    )


def _bound(row: Mapping[str, Any], name: str) -> int | None:
    """The smaller of what the queue's arguments and its policies say, as the broker takes it."""
    own, policies = row.get("arguments") or {}, row.get("effective_policy_definition") or {}
    said = (own.get(f"x-{name}"), policies.get(name))
    return min((one for one in said if isinstance(one, int)), default=None)


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def is_new(row: Mapping[str, Any]) -> bool:
    """Whether the broker has no figures of that queue yet."""
    return any(row.get(key) is None for key in FIGURES)


def alarms_of(row: Mapping[str, Any]) -> Iterator[Alarm]:
    """The alarms in force on one node; a node that is down has none."""
    for field, kind in ALARMS.items():
        if row.get(field) is True:
            yield Alarm(kind, str(row.get("name") or ""))


def connection_row(row: Mapping[str, Any]) -> BusConnection:
    """oslo.messaging names a connection `process:pid:uuid` (impl_rabbit.py, Connection).

    One that is just opening has no name at all yet; it is still one.
    """
    given = str((row.get("client_properties") or {}).get("connection_name") or "")
    process, _, rest = given.partition(":")
    pid = rest.partition(":")[0]
    named = bool(process) and pid.isdecimal()
    return BusConnection(
        process=process if named else "",
        pid=int(pid) if named else None,
        peer_host=str(row.get("peer_host") or ""),
        name=str(row.get("name") or ""),
    )
