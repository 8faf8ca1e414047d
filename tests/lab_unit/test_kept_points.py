"""The kill matrix in several goes: what is kept at a commit, and what is played again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lab.accept.kept_points import kept_points
from lab.accept.kill_points import FULL, PARTIAL, Moment, Point, Victim
from lab.accept.killing import Played, Undisturbed

MOMENT = Moment(FULL, "collector/stop/ctl1", "ctl1", 0, after=False)
POINT, OTHER = Point(7, MOMENT, Victim.ENGINE), Point(8, MOMENT, Victim.WORKER)


def test_a_point_that_failed_is_kept_and_another_try_does_not_hide_it(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    kept_points(file, "abc").keep(Played(POINT, ["dump (2)"], killed=True, seconds=40.0))
    kept_points(file, "abc").keep(Played(POINT, killed=True))

    found = kept_points(file, "abc")

    assert found.played(POINT) == Played(POINT, ["dump (2)"], killed=True, seconds=40.0)
    assert found.played(OTHER) is None


def test_one_that_came_to_no_kill_is_played_again(tmp_path: Path) -> None:
    kept = kept_points(tmp_path / "kept.jsonl", "abc")
    kept.keep(Played(POINT, ["the server did not start"]))

    assert kept.played(POINT) is None

    kept.keep(Played(POINT, killed=True, by_itself=True))
    assert kept.played(POINT) == Played(POINT, killed=True, by_itself=True)


def test_what_is_expected_and_the_fence_are_kept_as_they_were(tmp_path: Path) -> None:
    intents = (("database/dbsync", "ctl1", 0), ("polling/proven", "", 1))
    expected = Undisturbed("5798", intents, Counter({"ctl1 dump": 1}), {"ctl1 etc/a.conf": "12ab"})
    kept = kept_points(tmp_path / "kept.jsonl", "abc")
    assert (kept.expected(FULL), kept.fence) == (None, None)

    kept.keep_expected(FULL, expected)
    kept.keep_fence("")

    found = kept_points(tmp_path / "kept.jsonl", "abc")
    assert (found.expected(FULL), found.expected(PARTIAL), found.fence) == (expected, None, "")


def test_another_commit_and_a_changed_checkout_have_nothing(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    kept_points(file, "").keep(Played(POINT, killed=True))
    assert not file.exists()

    kept_points(file, "abc").keep(Played(POINT, killed=True))

    assert kept_points(file, "def").played(POINT) is None
    assert kept_points(file, "").played(POINT) is None
