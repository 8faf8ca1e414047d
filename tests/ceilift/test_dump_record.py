"""A dump's evidence: written as text into the ledger, and read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.dump_record import Dump, Mark, dump_from

SHA = "ab" * 32
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
MARKS = st.builds(Mark, NAMES, st.one_of(NAMES, st.just("*")), st.integers(0, 2**63))
PATHS = st.text(st.characters(codec="utf-8", exclude_characters="\0")).map(lambda t: f"/{t}.sql.gz")


@given(PATHS, st.integers(0, 2**50), st.lists(MARKS).map(tuple))
def test_what_is_written_is_read_again(path: str, size: int, marks: tuple[Mark, ...]) -> None:
    dump = Dump(path, SHA, size, marks)

    assert dump_from(str(dump)) == dump


def test_what_the_dump_script_says_is_a_dump() -> None:
    dump = dump_from(f"/var/it's backups/x.sql.gz sha256:{SHA} 12 bytes\n")

    assert (dump.path, dump.folder) == ("/var/it's backups/x.sql.gz", "/var/it's backups")
    assert (dump.size_bytes, dump.marks) == (12, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "external snapshot nightly, unproven by us",
        "/x.sql.gz sha256:abc 12 bytes",
        f"/x.sql.gz sha256:{SHA} 12 bytes, up to nothing",
        f"/x.sql.gz sha256:{SHA} 12 bytes, up to a.b = 1, c",
    ],
)
def test_other_words_are_no_dump(text: str) -> None:
    with pytest.raises(ValueError, match="name no dump"):
        dump_from(text)


@given(st.text())
def test_any_text_is_a_dump_or_told_to_be_none(text: str) -> None:
    try:
        found = dump_from(text)
    except ValueError:
        return
    assert dump_from(str(found)) == found
