"""Samples in Ceilometer's own SQL database: read, never written, and never scanned.

The table `sample` may hold hundreds of millions of rows. Every query here goes by the primary
key (what was inserted after a row we know) or by ix_sample_timestamp (what was measured in a
span of time). Conditions on meter and resource are written so that no optimizer can begin with
them (`column + 0`): their indexes would lead through a resource's whole history.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Select, func, select

from ceilift.clock import monotonic
from ceilift.state import DatabaseState, Sample
from ceilift.telemetry.connection import ReadOnlyDatabase
from ceilift.telemetry.facts import database_facts
from ceilift.telemetry.schema import meter, resource, sample


class SampleStore:
    """Read-only view of a Ceilometer database on MariaDB, MySQL or PostgreSQL.

    `url` is SQLAlchemy's, without a password. Times are epoch seconds. Raises TransientError
    when the database does not answer in time, CeiliftError when it refuses or is no Ceilometer
    database; neither holds the password. Safe for threads.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        self._database = ReadOnlyDatabase(url, password)

    def dispose(self) -> None:
        """Close every connection."""
        self._database.dispose()

    def events(
        self, since: float, until: float, meters: Collection[str] | None = None
    ) -> list[Sample]:
        """Samples measured in [since, until], in order; of these meters only, when given.

        By ix_sample_timestamp; the cost is that of the span's rows, whatever the table holds.
        """
        query = (
            select(
                meter.c.name,
                resource.c.resource_id,
                sample.c.timestamp,
                sample.c.recorded_at,
                sample.c.message_id,
            )
            .select_from(_JOINED)
            .where(sample.c.timestamp.between(since, until))
            .order_by(sample.c.timestamp, sample.c.id)
        )
        with self._reading() as connection:
            query = _of_meters(query, connection, meters)
            return [
                Sample(name, of, at, recorded, message or "")
                for name, of, at, recorded, message in connection.execute(query)
            ]

    def newest(
        self, resources: Collection[str], since: float, meters: Collection[str] | None = None
    ) -> Mapping[str, float]:
        """When each of these resources was last measured at or after `since`.

        A resource without a sample since then is missing. By ix_sample_timestamp.
        """
        query = (
            select(resource.c.resource_id, func.max(sample.c.timestamp))
            .select_from(_JOINED)
            .where(sample.c.timestamp >= since)
            .group_by(resource.c.resource_id)
        )
        with self._reading() as connection:
            rows = connection.execute(_of_meters(query, connection, meters))
            return {name: moment for name, moment in rows if name in set(resources)}

    def count(self, since: float, until: float, meters: Collection[str] | None = None) -> int:
        """How many samples were measured in [since, until]. By ix_sample_timestamp."""
        query = select(func.count()).where(sample.c.timestamp.between(since, until))
        with self._reading() as connection:
            return connection.scalar(_of_meters(query, connection, meters)) or 0

    def newest_id(self) -> int:
        """The primary key of the last inserted row; 0 when there is none."""
        with self._reading() as connection:
            return connection.scalar(select(func.max(sample.c.id))) or 0

    def rows_after(self, row_id: int) -> int:
        """How many rows were inserted after that one. By the primary key: reads only these rows.

        They are counted, because keys have gaps: rolled back inserts, and steps greater than one
        in a Galera cluster.
        """
        with self._reading() as connection:
            return connection.scalar(select(func.count()).where(sample.c.id > row_id)) or 0

    def insert_rate(self, window_s: float, wait: Callable[[float], None] = time.sleep) -> float:
        """Rows inserted a second, counted over `window_s` seconds, for which this waits.

        By the primary key, see rows_after. Polls come in bursts: a window of whole polling
        intervals tells the most.
        """
        first, begun = self.newest_id(), monotonic()
        wait(window_s)
        rows = self.rows_after(first)
        return rows / max(monotonic() - begun, window_s)

    def facts(self) -> DatabaseState:
        """Backend, version, size and rows, from the server's own books: an estimate, no scan."""
        with self._reading() as connection:
            return database_facts(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._database.reading() as connection:
            yield connection


_JOINED = sample.join(meter, meter.c.id == sample.c.meter_id + 0).join(
    resource, resource.c.internal_id == sample.c.resource_id + 0
)


def _of_meters(
    query: Select[Any], connection: Connection, meters: Collection[str] | None
) -> Select[Any]:
    if meters is None:
        return query
    ids = connection.scalars(select(meter.c.id).where(meter.c.name.in_(meters))).all()
    return query.where((sample.c.meter_id + 0).in_(ids))
