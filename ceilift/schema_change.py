"""What a migration did to a schema, by the mantra: always add, never delete or modify."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SIZED = re.compile(r"(?P<kind>[a-z ]+?)\((?P<size>\d+)\)(?P<rest>.*)")
WHOLE = ("tinyint", "smallint", "mediumint", "int", "integer", "bigint")
TEXTS = ("tinytext", "text", "mediumtext", "longtext")


@dataclass(frozen=True, slots=True)
class Column:
    """One column as its server describes it. `filled` says whether an insert may leave it out."""

    kind: str
    nullable: bool = True
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, indexes by name, and the columns of the primary key.

    An index is `unique` or `plain`, then its columns.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    indexes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    key: tuple[str, ...] = ()


Schema = Mapping[str, Table]


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """In words: what was added, what changed so that old releases go on, what breaks them."""

    added: tuple[str, ...] = ()
    eased: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


def schema_faults(production: Schema, copy: Schema) -> tuple[str, ...]:
    """What differs between a database and its copy, which are to be the same; empty: nothing."""
    return tuple(
        words
        for name in sorted({*production, *copy})
        for words in _differs(name, production.get(name), copy.get(name))
    )


def schema_change(before: Schema, after: Schema) -> SchemaChange:
    """What happened to a schema between two looks at it.

    Broken is what the old release, or somebody who goes back to it, misses: tables, columns and
    indexes that are gone, types that are narrower or others, columns that now demand a value.
    """
    added = [f"table {name}" for name in sorted(after) if name not in before]
    broken = [f"table {name} is gone" for name in sorted(before) if name not in after]
    eased: list[str] = []
    for name in sorted(set(before) & set(after)):
        found = _table_change(name, before[name], after[name])
        added += found.added
        eased += found.eased
        broken += found.broken
    return SchemaChange(tuple(added), tuple(eased), tuple(broken))


def _differs(name: str, production: Table | None, copy: Table | None) -> Iterator[str]:
    if production is None or copy is None:
        yield f"table {name} is only in {'the copy' if production is None else 'production'}"
        return
    pairs: tuple[tuple[str, Mapping[str, object], Mapping[str, object]], ...] = (
        ("column", production.columns, copy.columns),
        ("index", production.indexes, copy.indexes),
    )
    for what, ours, theirs in pairs:
        for one in sorted({*ours, *theirs}):
            if ours.get(one) != theirs.get(one):
                yield f"{what} {name}.{one} differs"


def _table_change(name: str, before: Table, after: Table) -> SchemaChange:
    added = [f"column {name}.{one}" for one in after.columns if one not in before.columns]
    added += [f"index {name}.{one}" for one in after.indexes if one not in before.indexes]
    broken = [f"column {name}.{one} is gone" for one in before.columns if one not in after.columns]
    broken += [f"index {name}.{one} is gone" for one in before.indexes if one not in after.indexes]
    broken += [
        f"column {name}.{one} is new and demands a value"
        for one, column in after.columns.items()
        if one not in before.columns and not column.filled
    ]
    broken += [
        f"index {name}.{one} is another"
        for one, columns in before.indexes.items()
        if after.indexes.get(one, columns) != columns
    ]
    eased: list[str] = []
    for one, old in before.columns.items():
        new = after.columns.get(one, old)
        if new != old:
            words = f"column {name}.{one}: {_said(old)} is now {_said(new)}"
            (eased if _is_eased(old, new) else broken).append(words)
    return SchemaChange(tuple(added), tuple(eased), tuple(broken))


def _is_eased(old: Column, new: Column) -> bool:
    """Whether all that could be written before still can, and reads the same."""
    stricter = (old.nullable and not new.nullable) or (old.filled and not new.filled)
    return not stricter and (old.kind == new.kind or _is_wider(old.kind, new.kind))


def _is_wider(old: str, new: str) -> bool:
    for family in (WHOLE, TEXTS):
        ours, theirs = (_plain(one, family) for one in (old, new))
        if ours in family and theirs in family:
            return family.index(theirs) >= family.index(ours)
    was, became = SIZED.fullmatch(old), SIZED.fullmatch(new)
    if was is None or "char" not in was["kind"]:
        return False
    if became is None:
        return new in TEXTS[1:]
    same = (was["kind"], was["rest"]) == (became["kind"], became["rest"])
    return same and int(became["size"]) >= int(was["size"])


def _plain(kind: str, family: tuple[str, ...]) -> str:
    """The kind without the display width that MariaDB gives whole numbers: int(11)."""
    bare = re.sub(r"\(\d+\)$", "", kind)
    return bare if bare in family else kind


def _said(column: Column) -> str:
    return column.kind + ("" if column.nullable else ", never null")
