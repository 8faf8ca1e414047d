"""The files of packages: the same facts give the same bytes, and the bytes the same facts."""

from __future__ import annotations

from dataclasses import replace

from packaging.version import Version

from ceilift.packages.text import HEADER, from_text, to_text
from tests.wheels import package

ONE = package()


def test_what_is_written_is_read_again() -> None:
    assert from_text(to_text({ONE.version: ONE})) == {ONE.version: ONE}


def test_the_order_in_which_they_were_read_does_not_matter() -> None:
    both = {name: replace(ONE, version=name) for name in ("30.0.10", "30.0.9")}

    text = to_text(both)

    assert text == to_text(dict(sorted(both.items())))
    assert list(from_text(text)) == sorted(both, key=Version)


def test_what_equals_an_earlier_release_is_written_once() -> None:
    alone, other = to_text({"30.0.0": ONE}), replace(ONE, version="30.0.1")

    both = to_text({"30.0.0": ONE, "30.0.1": other})

    assert len(both) < 1.5 * len(alone)
    assert from_text(both) == {"30.0.0": ONE, "30.0.1": other}


def test_a_file_says_where_it_comes_from() -> None:
    assert to_text({}).startswith(HEADER)
    assert from_text(to_text({})) == {}
