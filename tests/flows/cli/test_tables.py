"""What was seen, in words: the accounts of databases, and Gnocchi."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from ceilift.state import CloudState
from ceilift.stores import Account, GnocchiState
from flows.cli.tables import state_table


def told(**seen: object) -> str:
    out = StringIO()
    seen_now = CloudState("test", "now", **seen)  # type: ignore[arg-type]
    state_table(Console(file=out, width=200), seen_now)
    return out.getvalue()


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (
            Account("database", name="'c'@'%'", held=("ALTER", "SELECT"), migration=45),
            "Account of the database: 'c'@'%' has ALTER, SELECT; migrated up to 45",
        ),
        (Account("scratch", name='"c"'), 'Account of the scratch: "c" has no privilege'),
        (Account("database", problem="refused"), "Account of the database: refused"),
    ],
)
def test_accounts(account: Account, words: str) -> None:
    assert words in told(accounts=(account,))


@pytest.mark.parametrize(
    ("gnocchi", "words"),
    [
        (
            GnocchiState(reachable=True, version="4.7.1", measures=9, metrics=3),
            "Gnocchi 4.7.1: 9 measures of 3 metrics wait",
        ),
        (
            GnocchiState(reachable=True, unread="it refuses the login"),
            "Gnocchi of an unknown version: it refuses the login",
        ),
        (GnocchiState(reachable=False, problem="timed out"), "Gnocchi: not reached: timed out"),
    ],
)
def test_gnocchi(gnocchi: GnocchiState, words: str) -> None:
    assert words in told(gnocchi=gnocchi)


def test_where_nobody_looked_nothing_is_said() -> None:
    assert "Gnocchi" not in told()
    assert "Account" not in told()
