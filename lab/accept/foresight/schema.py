"""A real migration of a database at version 40: what it takes away is told, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ceilift.schema_change import Schema, SchemaChange, schema_change
from ceilift.telemetry.schema_books import schema_of
from lab.accept.checks import Checks
from lab.accept.foresight.programs import COLUMNS, VERSION_40, asked
from lab.commands import run
from lab.database_servers import PASSWORD_QUOTED, PrivateMariadb
from lab.files import PRIVATE, write

RELEASE = "9.0.7"
NAME = "ceilometer"
TEXT = re.compile(r"VARCHAR\((?P<size>\d+)\)")
Columns = Mapping[str, Mapping[str, str]]


def demand_schema(checks: Checks, folder: Path, place: Path) -> None:
    """Every table and column that is gone or narrower afterwards is named, and nothing else is."""
    server = PrivateMariadb()
    try:
        server.start()
        server.create(NAME)
        before, told, after = _migrated(server, folder, place)
    finally:
        server.stop()
    compare(checks, before, told, after)


def compare(checks: Checks, before: Columns, told: SchemaChange, after: Columns) -> None:
    """What is gone or narrower between two looks, against what a change says of it."""
    gone, narrowed = frozenset(_gone(before, after)), frozenset(_narrowed(before, after))
    said = frozenset(_said(told, before))
    figure = f"{len(gone)} gone, {len(narrowed)} narrower: {', '.join(sorted(gone | narrowed))}"
    checks.demand("version 40: taken away, really", bool(gone and narrowed), figure)
    missed = sorted((gone | narrowed) - said)
    checks.demand("version 40: not told", not missed, f"{len(missed)} {' '.join(missed)}".strip())
    false = sorted(said - gone - narrowed - _demanding(before, after))
    checks.demand("version 40: told, not so", not false, f"{len(false)} {' '.join(false)}".strip())


def _migrated(
    server: PrivateMariadb, folder: Path, place: Path
) -> tuple[Columns, SchemaChange, Columns]:
    """The columns as the release's own SQLAlchemy sees them, and the change as Ceilift sees it."""
    login = f"ceilometer:{PASSWORD_QUOTED}@127.0.0.1:{server.port}/{NAME}?charset=utf8"
    url = f"mysql+pymysql://{login}"
    config = place / "version-40.conf"
    write(config, f"[database]\nconnection = {url}\n", PRIVATE)
    asked(folder, VERSION_40, given=url)
    before, seen = asked(folder, COLUMNS, given=url), _seen(server)
    command = ("--config-file", config, "--skip-gnocchi-resource-types")
    run([folder / "bin" / "ceilometer-upgrade", *command], within=300)
    return before, schema_change(seen, _seen(server)), asked(folder, COLUMNS, given=url)


def _seen(server: PrivateMariadb) -> Schema:
    with server.engine(NAME).connect() as connection:
        return schema_of(connection)


def _gone(before: Columns, after: Columns) -> Iterator[str]:
    for table, columns in before.items():
        if table not in after:
            yield table
            continue
        yield from (f"{table}.{name}" for name in columns if name not in after[table])


def _narrowed(before: Columns, after: Columns) -> Iterator[str]:
    for table in {*before} & {*after}:
        for name in {*before[table]} & {*after[table]}:
            was, now = (TEXT.match(found[table][name]) for found in (before, after))
            if was and now and int(now["size"]) < int(was["size"]):
                yield f"{table}.{name}"


def _demanding(before: Columns, after: Columns) -> frozenset[str]:
    """Columns of which more than the width changed: they may be told, and are not counted here."""
    return frozenset(
        f"{table}.{name}"
        for table in {*before} & {*after}
        for name, kind in before[table].items()
        if name in after[table] and after[table][name] != kind
    )


def _said(told: SchemaChange, before: Columns) -> Iterator[str]:
    """Tables and columns that the change names as broken."""
    for words in told.broken:
        kind, name = words.split(" ", 2)[:2]
        if kind == "table" or (kind == "column" and name.partition(".")[0] in before):
            yield name.rstrip(":")
