"""Gnocchi's resource types and SQL tables: what an upgrade leaves of what was there.

A resource type that a release lists no more stays in Gnocchi, and tables stay when the storage
driver goes: no upgrade takes either away. So only what both releases have can break.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ceilift.mantra.breach import ERROR, INFO, WARNING, Judged, Models

REQUIRED, OPTIONAL = "required", "optional"


def resource_types(old: Models, new: Models) -> Iterator[Judged]:
    """Types and attributes of Gnocchi."""
    was, now = old.gnocchi.types, new.gnocchi.types
    for name in sorted({*now} - {*was}):
        yield Judged(f"gnocchi.{name}.added", INFO, f"{new.version} adds the type {name}", "")
    for name in sorted({*was} & {*now}):
        yield from _attributes(name, was[name], now[name], old, new)


def _attributes(
    name: str, was: Mapping[str, str], now: Mapping[str, str], old: Models, new: Models
) -> Iterator[Judged]:
    for key in sorted({*was} - {*now}):
        what = f"type {name} has no attribute {key} in {new.version}"
        who = f"agents of {old.version} that go on publish it"
        yield Judged(f"gnocchi.{name}.{key}.gone", ERROR, what, who)
    for key in sorted({*now} - {*was}):
        yield _added(name, key, now[key], old, new)
    for key in sorted({*was} & {*now}):
        if was[key] != now[key]:
            yield _modified(name, key, was[key], now[key], old)


def _added(name: str, key: str, words: str, old: Models, new: Models) -> Judged:
    what = f"{new.version} adds {key} to the type {name} ({words})"
    if REQUIRED not in words.split(", "):
        return Judged(f"gnocchi.{name}.{key}.added", INFO, what, "")
    who = f"agents of {old.version} that go on may create such a resource without it"
    return Judged(f"gnocchi.{name}.{key}.demanded", WARNING, what, who)


def _modified(name: str, key: str, was: str, now: str, old: Models) -> Judged:
    what = f"attribute {key} of type {name} was {was}, is {now}"
    if was.replace(REQUIRED, OPTIONAL) == now:
        who = "nothing known relies on its being there"
        return Judged(f"gnocchi.{name}.{key}.relaxed", WARNING, what, who)
    who = f"agents of {old.version} that go on publish it as it was"
    return Judged(f"gnocchi.{name}.{key}.modified", ERROR, what, who)


def tables(old: Models, new: Models) -> Iterator[Judged]:
    """Tables and columns of the SQL database, while the new release still has a driver for it."""
    if not (old.tables and new.tables):
        return
    for name in sorted({*new.tables} - {*old.tables}):
        yield Judged(f"sql.{name}.added", INFO, f"{new.version} adds the table {name}", "")
    for name in sorted({*old.tables} - {*new.tables}):
        what = f"{new.version} has no table {name}"
        yield Judged(f"sql.{name}.gone", ERROR, what, f"{old.version} writes and reads it")
    for name in sorted({*old.tables} & {*new.tables}):
        was, now = {*old.tables[name]}, {*new.tables[name]}
        for column in sorted(was - now):
            what = f"{new.version} has no column {column} in the table {name}"
            who = f"{old.version} writes and reads it"
            yield Judged(f"sql.{name}.{column}.gone", ERROR, what, who)
        for column in sorted(now - was):
            what = f"{new.version} adds the column {column} to the table {name}"
            yield Judged(f"sql.{name}.{column}.added", INFO, what, "")
