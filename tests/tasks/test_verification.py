"""The account of a window that is over, of files changed behind its back; and how it is told."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ceilift.clock import now
from ceilift.state import Sample
from ceilift.telemetry.file import FileSamples, Place
from tasks.account import account_between
from tasks.verification import Verified
from tests.fakes import FakeStore
from tests.local_shell import LocalShell
from tests.tampering import Tampering, expected, said, tampering

INTERVAL_S = 10.0
BEGIN = float(round(now()) - 400)
SINCE, UNTIL = BEGIN + 100, BEGIN + 300
METERS = ("hardware.cpu.load.1min", "hardware.memory.total")
RESOURCES = tuple(f"192.0.2.{number}" for number in range(1, 9))
PUBLISHED = Path(__file__).parents[1] / "ceilift/telemetry/published/repr.txt"


@dataclass(frozen=True)
class Witness:
    """The files that the notification agents of two hosts publish to."""

    paths: tuple[Path, ...]

    @property
    def store(self) -> FileSamples:
        return FileSamples(
            [Place(LocalShell(f"ctl{n}"), str(path)) for n, path in enumerate(self.paths, 1)]
        )

    def tamper(self, done: Tampering) -> None:
        """Take lines out of the files and put copies in."""
        removed = {one.message_id for one in done.removed}
        resent = {one.message_id for one in done.resent}
        copies = {one.message_id: copy for one, copy in done.copies.items()}
        for path in self.paths:
            lines: list[str] = []
            for line in path.read_text().splitlines(keepends=True):
                number = str(ast.literal_eval(line)["id"])
                lines += [line] * (number not in removed)
                lines += [line] * (number in resent)
                lines += [written(copies[number])] if number in copies else []
            path.write_text("".join(lines))


def written(sample: Sample) -> str:
    """A line as a real agent wrote it, of that sample."""
    line: dict[str, object] = ast.literal_eval(PUBLISHED.read_text().splitlines()[0])
    at = datetime.fromtimestamp(sample.timestamp, UTC).replace(tzinfo=None)
    own = {
        "name": sample.meter,
        "resource_id": sample.resource,
        "timestamp": at.isoformat(),
        "id": sample.message_id,
    }
    return f"{line | own!r}\n"


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """Every series polled for 400 s, half a second early or late; each poll in either file."""
    chance = random.Random(7)  # noqa: S311 - it has to be repeatable
    files = tuple(tmp_path / f"ctl{n}.log" for n in (1, 2))
    phases = {(m, r): chance.uniform(0, INTERVAL_S) for m in METERS for r in RESOURCES}
    polls = sorted(
        (BEGIN + phase + INTERVAL_S * n + chance.uniform(-0.5, 0.5), *key)
        for key, phase in phases.items()
        for n in range(39)
    )
    for number, (at, meter, resource) in enumerate(polls):
        line = written(Sample(meter, resource, at, None, f"id-{number}"))
        with chance.choice(files).open("a") as file:
            file.write(line)
    return Witness(files)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_done_to_the_files_is_told_exactly(witness: Witness, seed: int) -> None:
    before = account_between(witness.store, [INTERVAL_S], SINCE, UNTIL)
    assert (before.missed, before.doubled, before.sent_twice) == (0, 0, 0)
    done = tampering(seed, witness.store.events(SINCE, UNTIL), before)

    witness.tamper(done)

    after = account_between(witness.store, [INTERVAL_S], SINCE, UNTIL)
    assert said(after) == expected(before, done)
    figures = (len(done.removed), len(done.copies), len(done.resent))
    assert (after.missed, after.doubled, after.sent_twice) == figures
    assert all(figures)


def polled(resource: str, moments: Sequence[float]) -> list[Sample]:
    return [Sample("cpu", resource, at, at, f"{resource}-{at}") for at in moments]


def test_a_series_that_ended_before_the_window_is_missed_in_all_of_it() -> None:
    ended, goes_on = [0.0, 10, 20, 30, 40], [float(at) for at in range(3, 120, 10)]
    store = FakeStore(polled("ended", ended) + polled("goes on", goes_on))

    found = account_between(store, [INTERVAL_S], 50, 110)

    assert {item.resource: item.missed for item in found.series} == {"ended": 5, "goes on": 0}
    assert found.since == 50


def test_every_series_that_is_not_as_it_should_be_is_in_the_table() -> None:
    moments = [float(at) for at in range(3, 120, 10)]
    twice, whole = polled("twice", moments), polled("whole", moments)
    gone = [one for one in polled("gone", moments) if one.timestamp not in {73, 83}]
    store = FakeStore([*twice, twice[7], *whole, *gone])

    account = account_between(store, [INTERVAL_S], 50, 110)
    told = Verified("unhealthy", "as found", account).markdown()

    assert "| cpu | twice | 0 | 0 | 1 | 0.0 s |" in told
    assert "| cpu | gone | 2 | 0 | 0 | 30.0 s |" in told
    assert "whole" not in told
