"""What the ledger says of the database stage beside what was done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.database_evidence import breaks, overruled, rehearsal_text, rehearsed_s
from ceilift.estimate import pace_of
from ceilift.situation import Situation
from ceilift.state import Evidence
from tests.clouds import catalogue
from tests.troubled import Cloud, quiet


def rehearsed(seconds: float, release: str = "9.0.7") -> Evidence:
    text = rehearsal_text("ceilometer-upgrade of 9.0.7", seconds, "added: column x")
    return Evidence("database/rehearse", release, detail=text)


@given(st.floats(0, 1e6))
def test_the_seconds_are_read_from_the_words(seconds: float) -> None:
    assert rehearsed_s([rehearsed(seconds)], "9.0.7") == pytest.approx(seconds, abs=0.06)


def test_the_last_rehearsal_for_that_release_counts() -> None:
    told = [rehearsed(1), rehearsed(2), rehearsed(3, "9.0.6"), Evidence("database/dbsync", "9.0.7")]

    assert rehearsed_s(told, "9.0.7") == 2
    assert rehearsed_s(told, "8.1.5") is None
    assert rehearsed_s([Evidence("database/rehearse", "9.0.7", detail="?")], "9.0.7") is None


def test_what_it_breaks_is_the_last_that_was_seen() -> None:
    told = [Evidence("database/not-additive", "9.0.7", detail=text) for text in ("a", "b")]

    assert breaks(told, "9.0.7") == "b"
    assert breaks(told, "9.0.6") == ""


def pace_s(cloud: Cloud) -> float:
    found = Situation(
        cloud.inventory, cloud.state, catalogue(), cloud.request, catalogue().get("9.0.7")
    )
    return pace_of(found).dbsync_s


def test_the_estimate_is_the_rehearsals_where_there_was_one() -> None:
    cloud = quiet()

    assert pace_s(cloud) == catalogue().get("9.0.7").timing.dbsync_s.value
    assert pace_s(cloud.seen(evidence=(rehearsed(2400),))) == 2400


BACKUP, VERIFY, DISPROVED = "database/backup", "database/verify-backup", "database/backup-disproved"
REHEARSE = "database/rehearse"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((BACKUP,), {}),
        ((BACKUP, DISPROVED), {BACKUP: 1}),
        ((BACKUP, DISPROVED, BACKUP), {}),
        ((BACKUP, VERIFY, DISPROVED), {BACKUP: 2, VERIFY: 2}),
        ((BACKUP, VERIFY, DISPROVED, BACKUP), {VERIFY: 3}),
        ((BACKUP, VERIFY, REHEARSE, BACKUP, VERIFY), {REHEARSE: 4}),
        ((DISPROVED, "database/dbsync"), {}),
    ],
)
def test_what_was_done_with_a_dump_that_is_none_counts_no_more(
    told: tuple[str, ...], expected: dict[str, int]
) -> None:
    evidence = [Evidence(node, "9.0.7", at=str(place)) for place, node in enumerate(told)]

    assert {node: int(one.at) for node, one in overruled(evidence).items()} == expected
