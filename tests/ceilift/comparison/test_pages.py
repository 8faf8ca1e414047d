"""The reference's pages: one for each pair, what went first, and an index that leads to all."""

from __future__ import annotations

from dataclasses import replace

from ceilift.comparison import Known
from ceilift.comparison.pages import INDEX, MADE, pages
from ceilift.packages import load_package
from tests.clouds import catalogue

LAST = ("8.1.5", "9.0.7", "10.0.1")


def known(version: str) -> Known:
    """All that is known of a release."""
    return Known(catalogue().get(version), load_package(version))


MADE_PAGES = pages(LAST, known)


def test_each_neighbouring_pair_has_a_page_that_the_index_names() -> None:
    assert set(MADE_PAGES) == {"8-to-9.md", "9-to-10.md", INDEX}
    assert "| 9.0.7 | 10.0.1 (Queens) |" in MADE_PAGES[INDEX]
    assert "[9-to-10.md](9-to-10.md)" in MADE_PAGES[INDEX]


def test_a_page_says_that_it_is_made_and_by_what() -> None:
    for text in MADE_PAGES.values():
        assert text.startswith(f"{MADE}\n# ")
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


def test_names_alone_are_a_list_and_values_a_table() -> None:
    page = MADE_PAGES["9-to-10.md"]

    assert "**Gone** (4): `ceilometer-api`, `ceilometer-collector`, " in page
    assert "| `program of collector` | ceilometer-collector |  |  |" in page


def test_what_went_stands_before_what_is_new() -> None:
    pollsters = MADE_PAGES["8-to-9.md"].partition("\n## Pollsters\n")[2].partition("\n## ")[0]

    assert pollsters.index("**Gone** (2): `central: energy`, `central: power`") < (
        pollsters.index("**New** (12)")
    )


def test_what_markdown_would_take_for_its_own_is_written_otherwise() -> None:
    page = MADE_PAGES["8-to-9.md"]

    assert "default &lt;socket.gethostname()>" in page
    assert "default <socket" not in page


def test_a_pair_that_could_not_be_compared_says_so() -> None:
    bare = pages(LAST[:2], lambda version: replace(known(version), package=None))

    assert "Not compared, as not both releases" in bare["8-to-9.md"]
