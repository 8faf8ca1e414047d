"""A new release in the hand-written files: its facts are drafted, and want a review."""

from __future__ import annotations

from importlib import resources

import pytest
import yaml

from ceilift.release import load_series
from ceilift.series_draft import UNREVIEWED, next_series, with_release

FOLDER = resources.files("ceilift") / "releases"
LAST = (FOLDER / "27.yaml").read_text(encoding="utf-8")


def sources(data: object) -> list[str]:
    """Every source that stands in nested data."""
    if not isinstance(data, dict):
        return []
    own = [data["source"]] if "source" in data else []
    return [*own, *(each for inner in data.values() for each in sources(inner))]


def test_a_point_release_has_the_facts_of_its_series() -> None:
    found = load_series(with_release(LAST, "27.0.1"), "27.yaml")

    assert list(found) == ["27.0.0", "27.0.1"]
    assert found["27.0.1"].polling == found["27.0.0"].polling


def test_a_new_series_is_a_draft_of_the_one_before_it() -> None:
    draft = next_series(LAST, "28.0.0")
    found = load_series(draft, "28.yaml")

    assert list(found) == ["28.0.0"]
    assert (found["28.0.0"].series, found["28.0.0"].name) == (28, "28")
    assert found["28.0.0"].scripts.value == load_series(LAST, "27.yaml")["27.0.0"].scripts.value
    assert "28.0.0: a draft" in draft.splitlines()[0]


def test_every_fact_of_a_draft_says_that_nobody_has_looked_at_it() -> None:
    told = sources(yaml.safe_load(next_series(LAST, "28.0.0")))

    assert len(told) == len(sources(yaml.safe_load(LAST)))
    assert all(source.startswith(f"{UNREVIEWED} 28.0.0: ") for source in told)


def test_a_draft_of_a_draft_says_it_once() -> None:
    twice = next_series(next_series(LAST, "28.0.0"), "29.0.0")

    assert f"{UNREVIEWED} 29.0.0: {UNREVIEWED}" not in twice


@pytest.mark.parametrize(
    "file", [entry for entry in FOLDER.iterdir() if entry.name.endswith(".yaml")], ids=str
)
def test_no_draft_ships(file: object) -> None:
    text = (FOLDER / getattr(file, "name")).read_text(encoding="utf-8")  # noqa: B009 - a Traversable

    assert UNREVIEWED not in text
