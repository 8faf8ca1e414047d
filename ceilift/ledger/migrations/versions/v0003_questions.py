"""What a run from the Prefect UI asks, and until when an approval is good."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, ForeignKey, Integer, Text

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Two tables."""
    key = ForeignKey("approvals.id")
    op.create_table(
        "approval_terms",
        Column("id", Integer, primary_key=True),
        Column("approval_id", Integer, key, nullable=False, unique=True),
        Column("at", Text, nullable=False),
        Column("until", Double, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "questions",
        Column("id", Integer, primary_key=True),
        Column("cloud", Text, nullable=False),
        Column("at", Text, nullable=False),
        Column("flow_run", Text, nullable=False),
        Column("gate", Text, nullable=False),
        Column("plan_hash", Text, nullable=False),
        Column("plan", Text, nullable=False),
        if_not_exists=True,
    )
    for column in ("cloud", "flow_run"):
        op.create_index(f"ix_questions_{column}", "questions", [column], if_not_exists=True)
