"""One upgrade per cloud: the lease row, its fencing token and its expiry."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from ceilift.clock import timestamp
from ceilift.errors import RefusedError
from ceilift.ledger.engine import Database
from ceilift.ledger.tables import lease as table
from ceilift.record import WAITS, Lease

FREE = 0.0  # the expiry of a lease nobody holds


class Leases:
    """Gives, renews and takes back leases; safe for threads and processes on both databases.

    Every change is one conditional UPDATE, which the database carries out for one caller at a
    time. `now` tells the time (epoch seconds): the controllers' clocks should agree to within a
    fraction of the lease's length.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def take(
        self,
        cloud: str,
        owner: str,
        ttl_s: float,
        *,
        again: bool = False,
        over_waiting: bool = False,
    ) -> Lease:
        """The lease, with a token greater than any before it.

        Raises RefusedError saying who holds it, since when and at which stage. One that has
        expired is taken over; and that of a run that waits for an answer, which nobody acts under:
        with `again` when it is this very owner's, with `over_waiting` whosever it is.
        """
        now = self._now()
        values = {"owner": owner, "stage": "", "since": now, "expires_at": now + ttl_s}
        waits = table.c.stage.startswith(WAITS)
        mine = and_(waits, table.c.owner == owner) if again else false()
        waiting = waits if over_waiting else false()
        with self._database.writing() as connection:
            connection.execute(_insert_once(connection, cloud))
            taken = connection.execute(
                update(table)
                .where(table.c.cloud == cloud, or_(table.c.expires_at <= now, mine, waiting))
                .values(token=table.c.token + 1, **values)
            )
            found = _read(connection, cloud)
        if taken.rowcount != 1 or found is None:
            raise _held(found, cloud, now)
        return found

    def renew(self, lease: Lease, ttl_s: float, stage: str | None = None) -> Lease:
        """The same lease, longer, and at `stage` when one is given.

        Raises RefusedError when another took it over: whoever held it must stop acting.
        """
        values: dict[str, object] = {"expires_at": self._now() + ttl_s}
        if stage is not None:
            values["stage"] = stage
        with self._database.writing() as connection:
            connection.execute(update(table).where(*_ours(lease)).values(**values))
            return fence(connection, lease)

    def seconds_left(self, lease: Lease) -> float:
        """Until it expires, unless it is renewed."""
        return max(0.0, lease.expires_at - self._now())

    def release(self, lease: Lease) -> None:
        """Give it back; nothing happens when it is no longer ours. The token stays used."""
        with self._database.writing() as connection:
            connection.execute(update(table).where(*_ours(lease)).values(expires_at=FREE))

    def holder(self, cloud: str) -> Lease | None:
        """Who holds the cloud now; None when nobody does."""
        with self._database.reading() as connection:
            found = _read(connection, cloud)
        return found if found is not None and found.expires_at > self._now() else None


def fence(connection: Connection, lease: Lease) -> Lease:
    """The lease as it stands. Raises RefusedError when it was given back or taken over."""
    found = _read(connection, lease.cloud)
    if found is not None and found.token == lease.token and found.expires_at != FREE:
        return found
    if found is None or found.token == lease.token:
        end = "given back"
    else:
        end = f"taken by {found.owner} at {timestamp(found.since)}"
    message = f"The lease of cloud {lease.cloud} that {lease.owner} held was {end}"
    raise RefusedError(f"{message}: this run may no longer act", next_command="ceilift status")


def _ours(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.cloud == lease.cloud,
        table.c.token == lease.token,
        table.c.expires_at != FREE,
    )


def _insert_once(connection: Connection, cloud: str) -> Insert:
    row = {"cloud": cloud, "owner": "", "token": 0, "expires_at": FREE, "stage": "", "since": 0.0}
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(**row).on_conflict_do_nothing()
    return sqlite.insert(table).values(**row).on_conflict_do_nothing()


def _read(connection: Connection, cloud: str) -> Lease | None:
    row = connection.execute(select(table).where(table.c.cloud == cloud)).first()
    return None if row is None else Lease(**row._mapping)  # noqa: SLF001 - its documented name


def _held(found: Lease | None, cloud: str, now: float) -> RefusedError:
    if found is None:
        return RefusedError(f"The lease of cloud {cloud} could not be taken")
    who = f"Cloud {cloud} is held by {found.owner} since {timestamp(found.since)}"
    if found.waits:
        until = f"until {timestamp(found.expires_at)}; answer it, or let it go with ceilift abandon"
        return RefusedError(f"{who}; it {found.stage} {until}", next_command="ceilift status")
    stage = f", at stage {found.stage}" if found.stage else ""
    return RefusedError(
        f"{who}{stage}; its lease ends in {max(0.0, found.expires_at - now):.0f} s unless it is "
        "renewed",
        next_command="ceilift status",
    )
