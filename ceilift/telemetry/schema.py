"""Ceilometer's own tables as far as they are read (storage/sqlalchemy/models.py of 8.1.5)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    DECIMAL,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData()


class EpochSeconds(TypeDecorator[float]):
    """Ceilometer's PreciseTimestamp: decimal epoch seconds on MySQL, elsewhere a UTC date."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's real type."""
        kind: TypeEngine[Any] = DECIMAL(20, 6) if _is_mysql(dialect) else DateTime()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: float | None, dialect: Dialect) -> object:
        """Seconds as the column holds them."""
        if value is None:
            return None
        if _is_mysql(dialect):
            return Decimal(f"{value:.6f}")
        return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> float | None:  # noqa: ANN401
        """What the column holds, as seconds."""
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC).timestamp()
        return None if value is None else float(value)


def _is_mysql(dialect: Dialect) -> bool:
    return dialect.name in {"mysql", "mariadb"}


meter = Table(
    "meter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False),
)

resource = Table(
    "resource",
    metadata,
    Column("internal_id", Integer, primary_key=True),
    Column("resource_id", String(255), nullable=False),
)

sample = Table(
    "sample",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("meter_id", Integer, ForeignKey("meter.id")),
    Column("resource_id", Integer, ForeignKey("resource.internal_id")),
    Column("timestamp", EpochSeconds),
    Column("recorded_at", EpochSeconds),
    Column("message_id", String(128)),
    Index("ix_sample_timestamp", "timestamp"),
)
