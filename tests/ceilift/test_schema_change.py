"""Always add, never delete or modify: what a migration did, judged for those who stay behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.schema_change import Column, Schema, Table, schema_change, schema_faults

NAMES = st.sampled_from(["a", "b", "c", "d"])
KINDS = st.sampled_from(["int(11)", "bigint(20)", "varchar(255)", "varchar(64)", "text", "double"])
COLUMNS = st.builds(Column, KINDS, st.booleans(), st.booleans())
INDEXES = st.lists(NAMES, min_size=1, max_size=2).map(lambda names: ("plain", *names))
TABLES = st.builds(Table, st.dictionaries(NAMES, COLUMNS), st.dictionaries(NAMES, INDEXES))
SCHEMAS = st.dictionaries(NAMES, TABLES)


def table(kind: str = "varchar(255)", *, nullable: bool = True, filled: bool = True) -> Table:
    return Table({"name": Column(kind, nullable, filled)}, {"ix": ("plain", "name")})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("varchar(64)", "varchar(255)"),
        ("varchar(255)", "text"),
        ("varchar(255)", "longtext"),
        ("text", "mediumtext"),
        ("int(11)", "bigint(20)"),
        ("int(11)", "int(10)"),  # the width is only how it is shown
        ("integer", "bigint"),
        ("character varying(64)", "character varying(255)"),
        ("character varying(64)", "text"),
    ],
)
def test_a_wider_type_lets_the_old_release_go_on(old: str, new: str) -> None:
    change = schema_change({"t": table(old)}, {"t": table(new)})

    assert change.eased == (f"column t.name: {old} is now {new}",)
    assert change.broken == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("varchar(255)", "varchar(64)"),
        ("text", "varchar(255)"),
        ("text", "tinytext"),
        ("bigint(20)", "int(11)"),
        ("double", "float"),
        ("decimal(20,6)", "double"),
        ("int(11)", "varchar(255)"),
        ("int(10) unsigned", "int(10)"),
        ("varchar(255)", "binary(255)"),
    ],
)
def test_a_narrower_or_other_type_breaks_it(old: str, new: str) -> None:
    change = schema_change({"t": table(old)}, {"t": table(new)})

    assert change.broken == (f"column t.name: {old} is now {new}",)


def test_what_demands_a_value_breaks_old_writers() -> None:
    demanding = Column("int(11)", nullable=False, filled=False)
    before: Schema = {"t": Table({"a": Column("int(11)")})}

    added = schema_change(before, {"t": Table({"a": Column("int(11)"), "b": demanding})})
    stricter = schema_change(before, {"t": Table({"a": demanding})})
    freer = schema_change({"t": Table({"a": demanding})}, before)

    assert added.broken == ("column t.b is new and demands a value",)
    assert stricter.broken == ("column t.a: int(11) is now int(11), never null",)
    assert freer.broken == ()


def test_what_is_gone_or_added_is_named() -> None:
    before: Schema = {"t": table(), "old": table()}
    after: Schema = {
        "t": Table({"other": Column("text")}, {"new": ("plain", "other")}),
        "new": table(),
    }

    change = schema_change(before, after)

    assert change.added == ("table new", "column t.other", "index t.new")
    assert change.broken == ("table old is gone", "column t.name is gone", "index t.ix is gone")


def test_an_index_of_other_columns_is_another() -> None:
    unique = Table(table().columns, {"ix": ("unique", "name")})

    assert schema_change({"t": table()}, {"t": unique}).broken == ("index t.ix is another",)


@given(SCHEMAS)
def test_nothing_changed_is_no_change_and_no_difference(schema: Schema) -> None:
    change = schema_change(schema, schema)

    assert (change.added, change.eased, change.broken) == ((), (), ())
    assert schema_faults(schema, schema) == ()


@given(SCHEMAS, SCHEMAS)
def test_a_difference_is_a_change_either_way(one: Schema, other: Schema) -> None:
    differs = schema_faults(one, other) != ()
    there, back = schema_change(one, other), schema_change(other, one)

    assert differs == any((*there.added, *there.eased, *there.broken))
    assert differs == any((*back.added, *back.eased, *back.broken))


@given(SCHEMAS, SCHEMAS)
def test_what_one_way_deletes_the_other_adds(one: Schema, other: Schema) -> None:
    there, back = schema_change(one, other), schema_change(other, one)

    gone = {words.removesuffix(" is gone") for words in there.broken if words.endswith(" is gone")}
    assert gone == set(back.added)


def test_differences_of_a_copy_say_where() -> None:
    production: Schema = {"t": table(), "only": table()}
    copy: Schema = {"t": Table({"name": Column("text")}), "more": table()}

    assert schema_faults(production, copy) == (
        "table more is only in the copy",
        "table only is only in production",
        "column t.name differs",
        "index t.ix differs",
    )
