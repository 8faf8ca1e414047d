"""PostgreSQL can hold the ledger to its word: rows are added, only the lease is changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from ceilift.errors import CeiliftError
from ceilift.ledger.store import Ledger
from ceilift.record import Lease

from .conftest import BASELINE, PLAN

GRANTS = """
CREATE ROLE writer LOGIN;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO writer;
GRANT UPDATE ON lease TO writer;
GRANT USAGE ON SCHEMA public TO writer;
"""


@pytest.fixture
def writer(empty_postgresql: str) -> Iterator[str]:
    """The ledger's URL for a role that may do no more than that."""
    Ledger(empty_postgresql).dispose()
    _owner(empty_postgresql, GRANTS)
    yield empty_postgresql.replace("owner@", "writer@")
    _owner(empty_postgresql, "DROP OWNED BY writer; DROP ROLE writer")


def _owner(url: str, statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in filter(str.strip, statements.split(";")):
            connection.execute(text(statement))
    engine.dispose()


def _a_run(ledger: Ledger) -> Lease:
    lease = ledger.leases.take("demo", "ann", 60)
    upgrade = ledger.begin(lease, PLAN, BASELINE)
    ledger.approve(upgrade, "abc123", "Ann", "terminal", until=2e9)
    run = ledger.start_run(upgrade, lease, "upgrade")
    run.outcome(run.intend("collector/stop/ctl1", "ctl1", "stop it"), "done", "")
    ledger.add_evidence(upgrade, "collector/stop/ctl1", "9.0.7", "now", "")
    ledger.save_document(upgrade, "report", "x", {})
    ledger.end_run(run.run, "done")
    ledger.close(upgrade, "done")
    ledger.leases.release(ledger.leases.renew(lease, 60, "polling"))
    return lease


def test_a_whole_run_needs_no_more(writer: str) -> None:
    ledger = Ledger(writer)
    _a_run(ledger)
    assert [one.outcome for one in ledger.history("demo")] == ["done"]
    ledger.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approvals SET name = 'Eve'",
        "DELETE FROM intents",
        "TRUNCATE outcomes",
        "DROP TABLE evidence",
        "DELETE FROM lease",
    ],
)
def test_what_is_written_stays(writer: str, statement: str) -> None:
    ledger = Ledger(writer)
    _a_run(ledger)
    with (
        pytest.raises(CeiliftError, match=r"permission denied|must be owner"),
        ledger._database.writing() as connection,
    ):
        connection.execute(text(statement))
    ledger.dispose()
