"""The verifier verified: what is done to stored rows behind its back, it must tell exactly.

Polls of real Ceilometer in a real database are deleted and copied, and put back afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from time import sleep
from typing import Any

import pytest

from ceilift.account import Account
from ceilift.bus import LAG_S
from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.inventory_file import load_inventory
from ceilift.secrets import EnvFileSecrets
from ceilift.state import Sample
from ceilift.telemetry.source import StoredSamples
from lab import database
from lab.clouds import METERS, POLL_INTERVAL_S, TARGETS
from lab.settings import Lab, the_lab
from tasks.account import account_between
from tasks.verification import Verified
from tests.lab.conftest import Fresh
from tests.tampering import Tampering, expected, said, tampering

pytestmark = pytest.mark.lab

SERIES = len(METERS) * len(TARGETS)
WINDOW_S = 5.0 * POLL_INTERVAL_S
BEFORE = 3  # polls before the window: with fewer, what is taken may hide the interval itself


@pytest.fixture(scope="module")
def store(fresh: Fresh) -> Iterator[StoredSamples]:
    with Cloud(load_inventory(fresh().inventory), EnvFileSecrets()) as cloud:
        assert cloud.samples is not None
        yield cloud.samples


@dataclass(frozen=True)
class Window:
    """A stretch of time that is over, the polls that are stored of it, and their account."""

    polls: tuple[Sample, ...]
    account: Account


@pytest.fixture(scope="module")
def window(store: StoredSamples) -> Window:
    """The last intervals, once every series was polled in all of them and some time before."""
    before_s = float(BEFORE + 1) * POLL_INTERVAL_S
    deadline = now() + 2 * (WINDOW_S + before_s)
    while True:
        until = now() - LAG_S
        since = until - WINDOW_S
        early = store.events(since - before_s, since, METERS)
        polls = Counter((one.meter, one.resource) for one in early)
        if len(polls) == SERIES and min(polls.values()) >= BEFORE:
            return Window(tuple(store.events(since, until, METERS)), told(store, since, until))
        assert now() < deadline, "some target was not polled for a whole window"
        sleep(1)


def told(store: StoredSamples, since: float, until: float) -> Account:
    """The account that `ceilift verify` gives of that time."""
    return account_between(store, [float(POLL_INTERVAL_S)], since, until)


class Rows:
    """Rows of the table `sample`, changed as nobody should, and put back as they were."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        described = database.query(lab, "SHOW COLUMNS FROM sample")
        self.columns = [str(row[0]) for row in described if row[0] != "id"]
        self.deleted: list[tuple[Any, ...]] = []
        self.last = int(database.query(lab, "SELECT MAX(id) FROM sample")[0][0])
        self.copied: list[str] = []

    def delete(self, sample: Sample) -> None:
        row = "SELECT * FROM sample WHERE message_id = %s"
        (found,) = database.query(self.lab, row, sample.message_id)
        self.deleted.append(found)
        database.query(self.lab, "DELETE FROM sample WHERE id = %s", found[0])

    def copy(self, sample: Sample, changed: Sample) -> None:
        own = {"timestamp": f"{changed.timestamp:.6f}", "message_id": changed.message_id}
        values = ", ".join("%s" if name in own else name for name in self.columns)
        names = ", ".join(self.columns)
        insert = f"INSERT INTO sample ({names}) SELECT {values} FROM sample"  # noqa: S608 - a test's own words
        given = [own[name] for name in self.columns if name in own]
        database.query(self.lab, f"{insert} WHERE message_id = %s", *given, sample.message_id)
        self.copied.append(changed.message_id)

    def put_back(self) -> None:
        for number in self.copied:
            newer = "DELETE FROM sample WHERE message_id = %s AND id > %s"
            database.query(self.lab, newer, number, self.last)
        for row in self.deleted:
            places = ", ".join(["%s"] * len(row))
            insert = f"INSERT INTO sample VALUES ({places})"  # noqa: S608 - a test's own words
            database.query(self.lab, insert, *row)


@pytest.fixture
def rows() -> Iterator[Rows]:
    found = Rows(the_lab())
    yield found
    found.put_back()


@pytest.mark.parametrize("seed", range(5))
def test_rows_deleted_and_copied_are_told_exactly(
    store: StoredSamples, window: Window, rows: Rows, seed: int
) -> None:
    before = window.account
    done = tampering(seed, window.polls, before)

    tamper(rows, done)

    after = told(store, before.since, before.until)
    assert said(after) == expected(before, done)
    assert after.sent_twice == before.sent_twice + len(done.resent)
    assert named(after) >= done.touched
    assert named(after) <= done.touched | named(before)


def test_put_back_the_account_is_as_before(
    store: StoredSamples, window: Window, rows: Rows
) -> None:
    before = window.account
    tamper(rows, tampering(99, window.polls, before))

    rows.put_back()
    rows.deleted, rows.copied = [], []

    assert told(store, before.since, before.until) == before


def tamper(rows: Rows, done: Tampering) -> None:
    for one in done.resent:
        rows.copy(one, one)
    for one, copy in done.copies.items():
        rows.copy(one, copy)
    for one in done.removed:
        rows.delete(one)


def named(account: Account) -> set[tuple[str, ...]]:
    """Meter and resource of every series in the table that `ceilift verify` prints."""
    lines = Verified("", "", account).markdown().splitlines()
    cells = [line.strip("| ").split(" | ")[:2] for line in lines if line.startswith("| ")]
    return {tuple(pair) for pair in cells[1:]}
