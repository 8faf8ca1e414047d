"""A ledger of any earlier version becomes the newest by what is added, on both databases.

`earlier/*.sql` is what earlier commits created, all of which called it schema 1: with words of at
most 255 characters, with texts, with the turns as well, with the questions as well.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    inspect,
    text,
)

from ceilift.errors import RefusedError
from ceilift.ledger.schema import MIGRATIONS, migrate
from ceilift.ledger.store import Ledger
from ceilift.ledger.tables import SCHEMA_VERSION, metadata, schema_version
from ceilift.record import WAITS

from .conftest import BASELINE, PLAN, Clock

EARLIER = sorted((Path(__file__).parent / "earlier").glob("*.sql"))
ROWS: tuple[tuple[str, dict[str, object]], ...] = (
    ("schema_version", {"version": 1, "at": "then"}),
    ("lease", {"cloud": "demo", "owner": "alice@ctl", "token": 4, "expires_at": 0.0, "since": 9e5}),
    (
        "upgrades",
        {"cloud": "demo", "path": "full", "to": "9.0.7", "plan_hash": "abc", "plan": PLAN},
    ),
    ("baselines", {"upgrade_id": 1, "instances": BASELINE}),
    ("approvals", {"upgrade_id": 1, "plan_hash": "abc", "name": "Alice", "how": "terminal"}),
    ("runs", {"upgrade_id": 1, "command": "upgrade", "owner": "alice@ctl", "token": 4}),
    ("intents", {"run_id": 1, "node": "collector/stop/ctl1", "host": "ctl1", "summary": "stop it"}),
    ("hosts_aside", {"upgrade_id": 1, "host": "cmp2", "reason": "being repaired"}),
)
COMING, ROUNDS = 4, 4


@dataclass(frozen=True)
class Found:
    """What a database's own catalogue says of one table."""

    columns: dict[str, tuple[str, bool, bool]]
    indexes: frozenset[str]
    rules: frozenset[str]


@pytest.fixture
def engine(url: str, tmp_path: Path) -> Iterator[Engine]:
    """The ledger's database as anybody may open it."""
    (tmp_path / "state").mkdir()
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.fixture(params=EARLIER, ids=lambda file: file.stem)
def earlier(request: pytest.FixtureRequest, engine: Engine) -> str:
    """An earlier ledger with an upgrade that was cut off; which one."""
    file: Path = request.param
    _write(engine, file)
    return file.stem


def _write(engine: Engine, file: Path) -> None:
    sql = file.read_text()
    if engine.dialect.name == "sqlite":
        sql = sql.replace("SERIAL", "INTEGER").replace("DOUBLE PRECISION", "DOUBLE")
    with engine.begin() as connection:
        for statement in sql.split(";\n"):
            connection.execute(text(statement))
        for name, row in ROWS:
            table = Table(name, MetaData(), autoload_with=connection)
            words = {one.name: "" for one in table.c if isinstance(one.type, String)}
            connection.execute(insert(table).values(words | row))


def _found(connection: Connection) -> dict[str, Found]:
    there = inspect(connection)
    return {name: _table(there, name) for name in there.get_table_names()}


def _table(there: Any, name: str) -> Found:  # noqa: ANN401 - SQLAlchemy's inspector
    columns = {
        one["name"]: (str(one["type"]), one["nullable"], bool(one["default"]))
        for one in there.get_columns(name)
    }
    indexes = frozenset(str(one["name"]) for one in there.get_indexes(name))
    keys = [there.get_pk_constraint(name), *there.get_foreign_keys(name)]
    rules = frozenset(str(one) for one in (*keys, *there.get_unique_constraints(name)))
    return Found(columns, indexes, rules)


def _version(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT version FROM schema_version ORDER BY version"))
        return [row.version for row in rows]


def test_each_migration_only_adds(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(SCHEMA_VERSION):
            before = _found(connection)
            migrate(connection, number, number + 1)
            after = _found(connection)
            assert set(after) > set(before)
            for name, was in before.items():
                _only_added(was, after[name])


def _only_added(was: Found, now: Found) -> None:
    assert was.columns.items() <= now.columns.items()
    assert was.indexes <= now.indexes
    assert was.rules == now.rules  # a new rule could refuse what an older Ceilift writes
    for name in now.columns.keys() - was.columns.keys():
        _, nullable, default = now.columns[name]
        assert nullable or default


def test_what_only_adds_is_told_from_what_does_not() -> None:
    was = Found({"id": ("INTEGER", False, False)}, frozenset(), frozenset())
    for columns in (
        {},
        {"id": ("TEXT", False, False)},
        was.columns | {"b": ("TEXT", False, False)},
    ):
        with pytest.raises(AssertionError):
            _only_added(was, Found(columns, frozenset(), frozenset()))
    _only_added(was, Found(was.columns | {"b": ("TEXT", True, False)}, frozenset(), frozenset()))


def test_migrations_are_numbered_without_a_gap_and_have_no_way_back() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    found = [script.module for script in scripts.walk_revisions("base", "heads")]
    assert [module.revision for module in found] == [
        str(number) for number in range(SCHEMA_VERSION, 0, -1)
    ]
    assert not [module for module in found if hasattr(module, "downgrade")]


def test_a_new_ledger_has_the_declared_tables(url: str, engine: Engine) -> None:
    Ledger(url).dispose()
    assert _differences(engine) == []
    assert _version(engine) == [*range(1, SCHEMA_VERSION + 1)]


def test_an_earlier_ledger_has_the_declared_tables_after_it_was_opened(
    url: str, engine: Engine, earlier: str
) -> None:
    Ledger(url).dispose()
    found = _differences(engine)
    if earlier == "words":  # its short texts stay: what was there is not modified
        found = [one for one in found if one[0][0] != "modify_type"]
    assert found == []
    assert _version(engine) == [*range(1, SCHEMA_VERSION + 1)]


def _differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": False}
        return list(
            compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        )


@pytest.mark.usefixtures("earlier")
@pytest.mark.parametrize("only_reading", [True, False])
def test_an_earlier_ledger_tells_what_it_told(url: str, only_reading: bool) -> None:  # noqa: FBT001
    ledger = Ledger(url, only_reading=only_reading)
    found = ledger.open_upgrade("demo")
    assert found is not None
    assert (found.plan, json.dumps(found.baseline)) == (PLAN, BASELINE)
    assert found.state == "interrupted"
    assert [one.node for one in ledger.unknown(1)] == ["collector/stop/ctl1"]
    approval = ledger.approved(1, "abc")
    assert approval is not None
    assert (approval.name, approval.until) == ("Alice", None)
    assert [(one.host, one.reason) for one in ledger.aside("demo")] == [("cmp2", "being repaired")]
    assert ledger.turns("demo") == ()
    assert ledger.question("run", "start") is None
    ledger.dispose()


@pytest.mark.usefixtures("earlier")
def test_an_earlier_ledger_is_gone_on_with(url: str) -> None:
    ledger = Ledger(url)
    lease = ledger.leases.take("demo", "bob@ctl", 60)
    assert lease.token == 5
    again = ledger.start_run(1, lease, "resume")
    again.outcome(again.intend("collector/stop/ctl1", "ctl1", "stop the unit"), "done", "")
    ledger.approve(1, "def", "Bob", "terminal", until=2_000_000.0)
    ledger.record_turns("demo", ["cmp1/polling"])
    assert ledger.unknown(1) == ()
    assert ledger.turns("demo") == ("cmp1/polling",)
    ledger.dispose()


def test_looking_changes_nothing_in_an_earlier_ledger(
    url: str, engine: Engine, earlier: str
) -> None:
    with engine.connect() as connection:
        before = _found(connection)
    ledger = Ledger(url, only_reading=True)
    assert ledger.open_upgrade("demo") is not None
    ledger.dispose()
    with engine.connect() as connection:
        assert _found(connection) == before
    assert _version(engine) == [1], earlier


def test_looking_makes_no_ledger(url: str, engine: Engine, tmp_path: Path) -> None:
    ledger = Ledger(url, only_reading=True)
    assert ledger.open_upgrade("demo") is None
    assert ledger.history("demo") == ()
    assert ledger.leases.holder("demo") is None
    ledger.dispose()
    assert not (tmp_path / "state" / "ledger.db").exists()
    with engine.connect() as connection:
        assert _found(connection) == {}


def test_who_looks_reads_what_another_writes_and_cannot_write(url: str, clock: Clock) -> None:
    writer = Ledger(url, now=clock)
    reader = Ledger(url, now=clock, only_reading=True)
    lease = writer.leases.take("demo", "alice", 60)
    writer.begin(lease, PLAN, BASELINE)
    assert reader.open_upgrade("demo") is not None
    assert reader.leases.holder("demo") == lease
    with pytest.raises(RuntimeError, match="to be read"):
        reader.set_aside(1, "cmp2", "no")
    writer.dispose()
    reader.dispose()


@pytest.mark.parametrize("only_reading", [True, False])
def test_a_newer_ledger_is_refused_and_left_as_it_is(
    url: str,
    engine: Engine,
    only_reading: bool,  # noqa: FBT001 - a case
) -> None:
    Ledger(url).dispose()
    newer = SCHEMA_VERSION + 1
    with engine.begin() as connection:
        connection.execute(insert(schema_version).values(version=newer, at="tomorrow"))
        connection.execute(text("CREATE TABLE what_we_do_not_know (id INTEGER)"))
        before = _found(connection)
    with pytest.raises(RefusedError) as refused:
        Ledger(url, only_reading=only_reading)
    said = f"has schema {newer}, this Ceilift knows {SCHEMA_VERSION}: use the newer Ceilift"
    assert said in str(refused.value)
    with engine.connect() as connection:
        assert _found(connection) == before


@pytest.mark.usefixtures("earlier")
def test_a_ledger_is_not_changed_under_a_run_that_acts(
    url: str, engine: Engine, clock: Clock
) -> None:
    _lease_until(engine, clock.now + 90, "polling")
    with pytest.raises(RefusedError) as refused:
        Ledger(url, now=clock)
    assert "alice@ctl holds cloud demo since 1970-01-11T10:00:00" in str(refused.value)
    assert "ends in 90 s" in str(refused.value)
    assert _version(engine) == [1]
    Ledger(url, now=clock, only_reading=True).dispose()
    clock.now += 90
    Ledger(url, now=clock).dispose()
    assert _version(engine)[-1] == SCHEMA_VERSION


@pytest.mark.usefixtures("earlier")
def test_a_run_that_waits_for_an_answer_goes_on_with_a_newer_ceilift(
    url: str, engine: Engine, clock: Clock
) -> None:
    _lease_until(engine, clock.now + 3600, f"{WAITS} at start")
    Ledger(url, now=clock).dispose()
    assert _version(engine)[-1] == SCHEMA_VERSION


def _lease_until(engine: Engine, moment: float, stage: str) -> None:
    with engine.begin() as connection:
        values = {"moment": moment, "stage": stage}
        connection.execute(text("UPDATE lease SET expires_at = :moment, stage = :stage"), values)


def test_a_migration_that_fails_leaves_nothing(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(engine, EARLIER[0])
    with engine.connect() as connection:
        before = _found(connection)
    monkeypatch.setattr("ceilift.ledger.schema.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with pytest.raises(Exception, match=str(SCHEMA_VERSION + 1)):  # there is no such revision
        Ledger(url)
    monkeypatch.undo()
    with engine.connect() as connection:
        assert _found(connection) == before
    assert _version(engine) == [1]
    Ledger(url).dispose()


def _come(url: str) -> None:
    ledger = Ledger(url)
    ledger.record_turns("demo", [str(multiprocessing.current_process().pid)])
    ledger.dispose()


def test_controllers_that_come_at_once_all_find_the_newest(url: str, tmp_path: Path) -> None:
    """Each round begins with an earlier ledger; who loses the race waits and goes on."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(COMING, mp_context=spawn) as pool:
        for number in range(ROUNDS):
            place = url if "postgresql" in url else f"sqlite:///{tmp_path}/{number}.db"
            engine = create_engine(place)
            _clear(engine)
            _write(engine, EARLIER[number % len(EARLIER)])
            list(pool.map(_come, [place] * COMING))
            assert _version(engine) == [*range(1, SCHEMA_VERSION + 1)]
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT count(*) FROM turns")) == COMING
            engine.dispose()


def _clear(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
