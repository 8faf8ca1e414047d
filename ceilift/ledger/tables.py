"""The ledger's schema. Every table is append-only, but for the one lease row of each cloud.

What ends something has a table of its own (`run_ends`, `outcomes`, ...), so that nothing
written is ever changed. The schema itself keeps to the same: what changes here is a revision in
`migrations/versions/`, which only adds tables, columns that may be empty, and indexes.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

SCHEMA_VERSION = 3  # the newest revision in migrations/versions/

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _of(table: str, *, unique: bool = False, optional: bool = False) -> Column[int]:
    """The row of another table that this one belongs to."""
    name = f"{table.removesuffix('s')}_id"
    key = ForeignKey(f"{table}.id")
    return Column(name, Integer, key, nullable=optional, unique=unique, index=not unique)


def _at() -> Column[str]:
    return Column("at", Text, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="")


schema_version = Table(
    "schema_version", metadata, Column("version", Integer, primary_key=True), _at()
)

lease = Table(
    "lease",
    metadata,
    Column("cloud", Text, primary_key=True),
    _text("owner"),
    Column("token", Integer, nullable=False),
    Column("expires_at", Double, nullable=False),
    _text("stage"),
    Column("since", Double, nullable=False),
)

upgrades = Table(
    "upgrades",
    metadata,
    _id(),
    Column("cloud", Text, nullable=False, index=True),
    _at(),
    _text("path"),
    _text("releases"),
    _text("to"),
    _text("plan_hash"),
    _text("plan"),
)

upgrade_ends = Table(
    "upgrade_ends",
    metadata,
    _id(),
    _of("upgrades", unique=True),
    _at(),
    _text("outcome"),
    _text("detail"),
)

baselines = Table("baselines", metadata, _id(), _of("upgrades"), _at(), _text("instances"))

approvals = Table(
    "approvals",
    metadata,
    _id(),
    _of("upgrades"),
    _at(),
    _text("plan_hash"),
    _text("name"),
    _text("how"),
)

approval_terms = Table(
    "approval_terms",
    metadata,
    _id(),
    _of("approvals", unique=True),
    _at(),
    Column("until", Double, nullable=False),
)

questions = Table(
    "questions",
    metadata,
    _id(),
    Column("cloud", Text, nullable=False, index=True),
    _at(),
    Column("flow_run", Text, nullable=False, index=True),
    _text("gate"),
    _text("plan_hash"),
    _text("plan"),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    _of("upgrades"),
    _at(),
    _text("command"),
    _text("owner"),
    Column("token", Integer, nullable=False),
)

run_ends = Table(
    "run_ends", metadata, _id(), _of("runs", unique=True), _at(), _text("outcome"), _text("detail")
)

intents = Table(
    "intents", metadata, _id(), _of("runs"), _at(), _text("node"), _text("host"), _text("summary")
)

outcomes = Table(
    "outcomes",
    metadata,
    _id(),
    _of("intents", unique=True),
    _at(),
    _text("status"),
    _text("detail"),
)

evidence = Table(
    "evidence",
    metadata,
    _id(),
    _of("upgrades"),
    _at(),
    _text("node"),
    _text("release"),
    _text("detail"),
)

activity = Table(
    "activity",
    metadata,
    _id(),
    Column("cloud", Text, nullable=False, index=True),
    _at(),
    Column("publish_rate", Double),
    Column("insert_rate", Double),
)

turns = Table(
    "turns",
    metadata,
    _id(),
    Column("cloud", Text, nullable=False, index=True),
    _at(),
    _text("agents"),
)

intervals = Table(
    "intervals",
    metadata,
    _id(),
    _of("runs"),
    _text("kind"),
    _text("label"),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=False),
)

readings = Table(
    "readings",
    metadata,
    _id(),
    _of("runs"),
    Column("at", Double, nullable=False),
    _text("subject"),
    Column("value", Double, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    _id(),
    _of("upgrades"),
    _at(),
    _text("kind"),
    _text("name"),
    _text("body"),
)

accepted_findings = Table(
    "accepted_findings", metadata, _id(), _of("upgrades"), _at(), _text("finding"), _text("reason")
)

hosts_aside = Table(
    "hosts_aside", metadata, _id(), _of("upgrades"), _at(), _text("host"), _text("reason")
)

hosts_back = Table(
    "hosts_back",
    metadata,
    _id(),
    Column("aside_id", Integer, ForeignKey("hosts_aside.id"), nullable=False, unique=True),
    _at(),
    _text("how"),
)

Index("ix_intents_run_node", intents.c.run_id, intents.c.node)
