"""The first tables.

Two versions of Ceilift that called their schema 1 had one or both of the following revisions'
tables as well: so each creates only what is not there.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, ForeignKey, Integer, Text

revision = "1"
down_revision = None


def upgrade() -> None:
    """Versions and the lease; upgrades, their runs and what came of them; what was measured."""
    _create("schema_version", Column("version", Integer, primary_key=True), _at())
    _lease()
    _upgrades()
    _runs()
    _measured()
    _exceptions()
    op.create_index("ix_intents_run_node", "intents", ["run_id", "node"], if_not_exists=True)


def _lease() -> None:
    op.create_table(
        "lease",
        Column("cloud", Text, primary_key=True),
        *_texts("owner"),
        Column("token", Integer, nullable=False),
        Column("expires_at", Double, nullable=False),
        *_texts("stage"),
        Column("since", Double, nullable=False),
        if_not_exists=True,
    )


def _upgrades() -> None:
    _create(
        "upgrades", _id(), _cloud(), _at(), *_texts("path", "releases", "to", "plan_hash", "plan")
    )
    ends = _texts("outcome", "detail")
    _create("upgrade_ends", _id(), _of("upgrades", unique=True), _at(), *ends)
    _create("baselines", _id(), _of("upgrades"), _at(), *_texts("instances"))
    _create("approvals", _id(), _of("upgrades"), _at(), *_texts("plan_hash", "name", "how"))
    _create("evidence", _id(), _of("upgrades"), _at(), *_texts("node", "release", "detail"))
    _create("documents", _id(), _of("upgrades"), _at(), *_texts("kind", "name", "body"))


def _runs() -> None:
    token = Column("token", Integer, nullable=False)
    _create("runs", _id(), _of("upgrades"), _at(), *_texts("command", "owner"), token)
    _create("run_ends", _id(), _of("runs", unique=True), _at(), *_texts("outcome", "detail"))
    _create("intents", _id(), _of("runs"), _at(), *_texts("node", "host", "summary"))
    _create("outcomes", _id(), _of("intents", unique=True), _at(), *_texts("status", "detail"))


def _measured() -> None:
    rates = (Column("publish_rate", Double), Column("insert_rate", Double))
    _create("activity", _id(), _cloud(), _at(), *rates)
    bounds = (Column("start", Double, nullable=False), Column("end", Double, nullable=False))
    _create("intervals", _id(), _of("runs"), *_texts("kind", "label"), *bounds)
    moment, value = Column("at", Double, nullable=False), Column("value", Double, nullable=False)
    _create("readings", _id(), _of("runs"), moment, *_texts("subject"), value)


def _exceptions() -> None:
    _create("accepted_findings", _id(), _of("upgrades"), _at(), *_texts("finding", "reason"))
    _create("hosts_aside", _id(), _of("upgrades"), _at(), *_texts("host", "reason"))
    aside = Column("aside_id", Integer, ForeignKey("hosts_aside.id"), nullable=False, unique=True)
    _create("hosts_back", _id(), aside, _at(), *_texts("how"))


def _create(name: str, *columns: Column[int] | Column[str] | Column[float]) -> None:
    op.create_table(name, *columns, if_not_exists=True)
    for column in columns:
        if column.name == "cloud" or (column.foreign_keys and not column.unique):
            op.create_index(f"ix_{name}_{column.name}", name, [column.name], if_not_exists=True)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _cloud() -> Column[str]:
    return Column("cloud", Text, nullable=False)


def _at() -> Column[str]:
    return Column("at", Text, nullable=False)


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


def _of(table: str, *, unique: bool = False) -> Column[int]:
    """The row of another table that this one belongs to."""
    key = ForeignKey(f"{table}.id")
    name = f"{table.removesuffix('s')}_id"
    return Column(name, Integer, key, nullable=False, unique=unique)
