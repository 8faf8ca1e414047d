"""Lines of a file publisher: what real ones hold is read, nothing else is taken for a sample."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.state import Sample
from ceilift.telemetry.sample_lines import sample_of

DATA = Path(__file__).parent / "published"
POLLED = Sample(
    "hardware.cpu.load.1min",
    "127.0.0.1",
    datetime(2026, 11, 24, 9, 4, 33, 933273, UTC).timestamp(),
    None,
    "11068d76-e7e6-11f1-a244-02fc00000001",
)
NOTIFIED = Sample(
    "image.size",
    "b0e1-\u00e9t\u00e9",
    datetime(2026, 11, 24, 8, 52, 23, 123456, UTC).timestamp(),
    None,
    "11069708-e7e6-11f1-a244-02fc00000001",
)
NOT_A_NUMBER = Sample(
    "disk.usage",
    "i-1",
    datetime(2026, 11, 24, 9, 4, 33, 933501, UTC).timestamp(),
    None,
    "110697d0-e7e6-11f1-a244-02fc00000001",
)
FIELDS = {"resource_id": "r", "timestamp": "2026-01-01T00:00:00", "id": "x"}
NAMES = st.text(min_size=1)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
MOMENTS = st.datetimes(
    datetime(1980, 1, 1),  # noqa: DTZ001 - a time without a zone is what polled samples bear
    datetime(2100, 1, 1),  # noqa: DTZ001
)


@pytest.mark.parametrize("name", ["repr.txt", "json.txt"])
def test_what_the_real_publisher_wrote_is_read(name: str) -> None:
    """Written by FilePublisher of 16.0.1: one polled sample, one notified, one without a number."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()

    assert [sample_of(line) for line in lines] == [POLLED, NOTIFIED, NOT_A_NUMBER]


@given(
    name=NAMES,
    resource=NAMES,
    moment=MOMENTS,
    hours=st.none() | st.integers(-12, 14),
    volume=st.integers() | st.floats(),
    metadata=st.dictionaries(st.text(), ANYTHING),
    number=st.uuids(),
)
def test_what_was_published_comes_back(  # noqa: PLR0913, PLR0917 - the fields of a sample
    name: str,
    resource: str,
    moment: datetime,
    hours: int | None,
    volume: float,
    metadata: dict[str, Any],
    number: object,
) -> None:
    zone = UTC if hours is None else timezone(timedelta(hours=hours))
    written = moment if hours is None else moment.replace(tzinfo=zone)
    published = {
        "name": name,
        "type": "gauge",
        "volume": volume,
        "user_id": None,
        "resource_id": resource,
        "timestamp": written.isoformat(),
        "resource_metadata": metadata,
        "source": "openstack",
        "id": str(number),
    }
    expected = Sample(name, resource, moment.replace(tzinfo=zone).timestamp(), None, str(number))

    assert sample_of(json.dumps(published)) == expected
    assert sample_of(repr(published)) == expected


@given(st.text())
def test_no_line_is_a_failure(line: str) -> None:
    assert sample_of(line) is None
    assert sample_of("{" + line) is None


@pytest.mark.parametrize("name", ["repr.txt", "json.txt"])
def test_a_half_written_line_is_no_sample(name: str) -> None:
    line = (DATA / name).read_text(encoding="utf-8").splitlines()[1]

    assert [sample_of(line[:end]) for end in range(len(line))] == [None] * len(line)
    assert [sample_of(line[begin:]) for begin in range(1, len(line))] == [None] * (len(line) - 1)


@pytest.mark.parametrize(
    "line",
    [
        "{'name': __import__('os').abort(), 'resource_id': 'r', 'timestamp': '2026-01-01'}",
        "__import__('os').abort()",
        repr({**FIELDS, "message_id": "an event", "event_type": "image.upload"}),
        repr({**FIELDS, "name": "m", "timestamp": "yesterday"}),
        repr({**FIELDS, "name": "m", "timestamp": None}),
        repr({**FIELDS, "name": "m", "resource_id": None}),
        "[]",
        '{"name": ' + "[" * 100_000,
    ],
)
def test_anything_else_is_no_sample(line: str) -> None:
    assert sample_of(line) is None


def test_lines_of_python_2_are_read() -> None:
    line = "{u'name': u'10L', 'volume': 21474836480L, u'resource_id': u'\\xe9', "
    line += "'timestamp': u'2026-01-01 00:00:00.5', 'id': 'x'}"

    found = sample_of(line)

    assert found == Sample("10L", "\u00e9", 1767225600.5, None, "x")
