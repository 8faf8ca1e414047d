"""The script on real files in a real sh: rotated as the publisher does it, never read whole."""

from __future__ import annotations

import logging.handlers
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ceilift.clock import now
from ceilift.errors import StepFailedError, TransientError
from ceilift.telemetry import file
from ceilift.telemetry.file import FileSamples, Place
from tests.ceilift.services.conftest import LocalHost

NOW = now()
HOUR = 3600.0


class Publisher:
    """Writes as ceilometer/publisher/file.py does: a RotatingFileHandler, a line a sample."""

    def __init__(self, path: Path, max_bytes: int = 0, backups: int = 0) -> None:
        self.handler = logging.handlers.RotatingFileHandler(
            path, encoding="utf8", maxBytes=max_bytes, backupCount=backups
        )
        self.published = 0

    def publish(self, at: float, meter: str = "m", **fields: object) -> None:
        self.published += 1
        sample = {
            "name": meter,
            "type": "gauge",
            "resource_id": "r",
            "timestamp": datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat(),
            "resource_metadata": {"name": "it's {braced}", "at": {"timestamp": "1970-01-01"}},
            "source": "openstack",
            "id": str(self.published),
            "monotonic_time": None,
            **fields,
        }
        self.handler.emit(logging.LogRecord("x", logging.INFO, "", 0, str(sample), None, None))

    def close(self) -> None:
        self.handler.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "samples.log"


@pytest.fixture
def store(tmp_path: Path, path: Path) -> FileSamples:
    return FileSamples([Place(LocalHost(tmp_path / "host"), str(path))], lambda _: None)


def numbers(store: FileSamples, since: float, *meters: str) -> list[int]:
    found = store.events(since, NOW + HOUR, meters or None)
    return [int(one.message_id) for one in found]


def test_rotated_files_are_read_as_one(store: FileSamples, path: Path) -> None:
    publisher = Publisher(path, max_bytes=1000, backups=50)
    for second in range(30):
        publisher.publish(NOW - 30 + second)
    publisher.close()

    assert len(list(path.parent.glob("samples.log.*"))) > 5
    assert numbers(store, NOW - 60) == list(range(1, 31))
    assert numbers(store, NOW - 9.5) == list(range(22, 31))
    assert store.rows_after(0) == 30


def test_a_gap_in_the_numbers_ends_nothing(store: FileSamples, path: Path) -> None:
    """A rotation renames the files one by one: for a moment one number is missing."""
    publisher = Publisher(path, max_bytes=1000, backups=50)
    for second in range(6):
        publisher.publish(NOW - 30 + second)
    publisher.close()
    path.rename(f"{path}.0-moving")

    found = numbers(store, NOW - 60)

    assert found == list(range(1, 1 + len(found)))
    assert len(found) > 2


def test_what_came_after_a_mark_is_counted_across_rotations(store: FileSamples, path: Path) -> None:
    publisher = Publisher(path, max_bytes=1000, backups=50)
    before = store.newest_id()
    for _ in range(7):
        publisher.publish(NOW)
    middle = store.newest_id()
    for _ in range(11):
        publisher.publish(NOW)
    publisher.close()

    assert store.rows_after(before) == 18
    assert store.rows_after(middle) == 11
    assert store.rows_after(store.newest_id()) == 0


def test_a_file_that_was_emptied_is_counted_from_its_beginning(
    store: FileSamples, path: Path
) -> None:
    publisher = Publisher(path)
    for _ in range(5):
        publisher.publish(NOW)
    mark = store.newest_id()
    os.truncate(path, 0)
    for _ in range(7):
        publisher.publish(NOW)
    publisher.close()

    assert store.rows_after(mark) == 7


def test_a_line_that_is_being_written_waits(store: FileSamples, path: Path) -> None:
    publisher = Publisher(path)
    publisher.publish(NOW)
    publisher.close()
    whole = path.read_text()
    path.write_text(whole + whole[:90])

    assert numbers(store, NOW - 60) == [1]

    mark = store.newest_id()
    path.write_text(whole + whole + whole)

    assert store.rows_after(mark) == 1


def test_of_a_large_file_only_the_end_is_read(
    store: FileSamples, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(path)
    for second in range(30_000, 0, -1):
        publisher.publish(NOW - second)
    publisher.close()
    size = path.stat().st_size
    with path.open("r+b") as large:  # what nobody reads may be anything
        large.write(b"\0" * (size // 2))
    monkeypatch.setattr(file, "MOST_BYTES", size // 8)

    assert numbers(store, NOW - 100.5) == list(range(29_901, 30_001))
    with pytest.raises(StepFailedError, match="more than"):
        numbers(store, NOW - 20_000)


def test_late_samples_among_newer_ones_are_found(store: FileSamples, path: Path) -> None:
    """A queue that lags ten minutes behind another is published into the same file."""
    publisher = Publisher(path)
    for second in range(20_000, 0, -2):
        publisher.publish(NOW - second, "prompt")
        publisher.publish(NOW - second - 600, "lagging")
    publisher.close()

    assert len(numbers(store, NOW - 1000.5)) == 500 + 200


def test_a_file_last_written_before_is_not_opened(store: FileSamples, path: Path) -> None:
    publisher = Publisher(path)
    publisher.publish(NOW)
    publisher.close()
    os.utime(path, (NOW - HOUR, NOW - HOUR))

    assert numbers(store, NOW - 60) == []
    assert numbers(store, NOW - HOUR) == [1]


def test_meters_are_told_apart_and_every_zone_is_understood(store: FileSamples, path: Path) -> None:
    publisher = Publisher(path)
    publisher.publish(NOW)
    publisher.publish(NOW, "n")
    moment = datetime.fromtimestamp(NOW, UTC)
    publisher.publish(NOW, timestamp=moment.isoformat())
    publisher.publish(NOW, timestamp=moment.isoformat().replace("+00:00", "Z").replace("T", " "))
    far = datetime.fromisoformat(moment.isoformat().replace("+00:00", "+05:00"))
    publisher.publish(far.timestamp(), timestamp=far.isoformat())  # five hours ago
    publisher.publish(NOW, resource_metadata={})
    publisher.close()

    assert numbers(store, NOW - 1, "m") == [1, 3, 4, 6]
    assert numbers(store, NOW - 1, "n", "o") == [2]
    assert numbers(store, NOW - 6 * HOUR, "m") == [5, 1, 3, 4, 6]


def test_metadata_stays_on_the_host(tmp_path: Path, path: Path) -> None:
    publisher = Publisher(path)
    publisher.publish(NOW, resource_metadata={"a": {"b": "}, 'source': {" * 2}, "c": "x" * 2000})
    publisher.close()
    place = Place(LocalHost(tmp_path / "other"), str(path))

    (line,) = place.ask("samples", "0", "1970", "1971", "9999", "")

    assert "'resource_metadata': {}, 'source': 'openstack', 'id': '1'" in line


def test_no_file_holds_no_samples(store: FileSamples) -> None:
    assert numbers(store, 0) == []
    assert store.rows_after(store.newest_id()) == 0
    assert not store.facts().reachable


def test_what_is_no_file_is_told(store: FileSamples, path: Path) -> None:
    path.mkdir()

    with pytest.raises(TransientError, match=r"ctl1: .*samples.log may not be read"):
        numbers(store, 0)
    with pytest.raises(TransientError, match="may not be read"):
        store.newest_id()
