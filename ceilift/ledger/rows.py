"""How a row is written: stamped with its moment, its text such that any database takes it."""

from __future__ import annotations

import json

from sqlalchemy import Connection, Table, insert

from ceilift import clock
from ceilift.ledger.tables import (
    accepted_findings,
    approval_terms,
    approvals,
    documents,
    hosts_aside,
    upgrade_ends,
)
from ceilift.record import Assent, Beside

UNDOES = "undoes"  # the document of a rollback that names what it takes back


def add_row(connection: Connection, moment: float, table: Table, **values: object) -> int:
    """Write one row, `at` that moment (epoch seconds) unless it says otherwise; gives its id."""
    values.setdefault("at", clock.timestamp(moment))
    row = {name: _storable(value) for name, value in values.items()}
    key = connection.execute(insert(table).values(**row)).inserted_primary_key
    return int(key[0]) if key is not None else 0


def _storable(value: object) -> object:
    """Text that any database takes: what hosts print may hold NUL and bytes that are no UTF-8."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def undo(connection: Connection, now: float, undone: int, by: int, *, is_open: bool) -> None:
    """Note that the upgrade `by` takes another one back, and end that where it is open."""
    link = {"kind": UNDOES, "name": str(undone), "body": "{}"}
    add_row(connection, now, documents, upgrade_id=by, **link)
    if is_open:
        end = {"outcome": "undone", "detail": f"rollback {by} began"}
        add_row(connection, now, upgrade_ends, upgrade_id=undone, **end)


def approve(connection: Connection, now: float, upgrade: int, assent: Assent) -> None:
    """Note who approved which plan, and until when that is good."""
    values = {"plan_hash": assent.plan_hash, "name": assent.name, "how": assent.how}
    given = add_row(connection, now, approvals, upgrade_id=upgrade, **values)
    if assent.until is not None:
        add_row(connection, now, approval_terms, approval_id=given, until=assent.until)


def write_beside(connection: Connection, now: float, upgrade: int, beside: Beside) -> None:
    """Write what belongs to a plan, in the transaction of the plan itself."""
    for kind, name, body in beside.documents:
        values = {"kind": kind, "name": name, "body": json.dumps(body, sort_keys=True)}
        add_row(connection, now, documents, upgrade_id=upgrade, **values)
    for one in beside.accepted:
        values = {"finding": one.id, "reason": one.reason}
        add_row(connection, now, accepted_findings, upgrade_id=upgrade, **values)
    for one in beside.aside:
        values = {"host": one.id, "reason": one.reason}
        add_row(connection, now, hosts_aside, upgrade_id=upgrade, **values)
    if beside.assent is not None:
        approve(connection, now, upgrade, beside.assent)
