"""The order in which a plan replaces polling agents."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """One table, found by its cloud."""
    op.create_table(
        "turns",
        Column("id", Integer, primary_key=True),
        Column("cloud", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("agents", Text, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_turns_cloud", "turns", ["cloud"], if_not_exists=True)
