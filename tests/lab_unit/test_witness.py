"""What notification agents wrote to files, read back and accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.accountant import account_of_files
from lab.clouds import cloud_named
from lab.settings import Lab
from lab.witness import Published, witnessed


@pytest.fixture
def coordinated(lab: Lab) -> Lab:
    return lab.choose(cloud_named("coordinated"))


def sample(meter: str, resource: str, when: str) -> str:
    fields = {"id": "a1", "name": meter, "resource_id": resource, "timestamp": when}
    return f"{fields | {'volume': 1, 'resource_metadata': {'host': None}}!r}\n"


def put(lab: Lab, host: str, text: str) -> None:
    path = lab.witness(lab.named(host))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_files_of_all_notification_agents_are_read(coordinated: Lab) -> None:
    put(coordinated, "ctl1", sample("image.size", "lab-000001", "2026-11-24T09:00:00.500000"))
    put(coordinated, "ctl2", sample("image.size", "lab-000002", "2026-11-24T09:00:01+00:00"))

    found = {one.resource: one.timestamp for one in witnessed(coordinated)}

    assert found == {"lab-000001": 1795510800.5, "lab-000002": 1795510801.0}


def test_a_line_still_being_written_is_left_out(coordinated: Lab) -> None:
    whole = sample("image.size", "lab-000001", "2026-11-24T09:00:00")
    put(coordinated, "ctl1", whole + whole[:30])

    assert len(witnessed(coordinated)) == 1


def test_before_anything_was_published_there_is_nothing(coordinated: Lab) -> None:
    assert witnessed(coordinated) == []


def test_files_give_the_same_account_as_rows(tmp_path: Path) -> None:
    log = tmp_path / "sent.jsonl"
    lines = [
        {"serial": n, "resource_id": f"lab-{n:06d}", "message_id": "m", "sent_at": 100.0 + n}
        for n in (1, 2, 3)
    ]
    log.write_text("".join(json.dumps(one) + "\n" for one in lines))
    polled = [
        Published("hardware.cpu.load.1min", "127.66.1.1", when, "m") for when in (100, 110, 140)
    ]
    stored = [Published("image.size", f"lab-{n:06d}", 100, "m") for n in (1, 1, 3)]

    found = account_of_files(log, [*polled, *stored])

    assert (found.stored, found.missing, found.twice) == (3, (2,), (1,))
    assert not found.complete
    (polls,) = found.polls
    assert (polls.found, polls.missed, polls.doubled) == (3, 2, 0)


def test_an_agent_that_fell_silent_shows_a_gap_up_to_the_last_sample(tmp_path: Path) -> None:
    meter = "hardware.cpu.load.1min"
    polled = [Published(meter, "127.66.1.1", when, "m") for when in (100, 110)]
    other = Published("image.size", "lab-000001", 165, "m")

    (polls,) = account_of_files(tmp_path / "none.jsonl", [*polled, other]).polls

    assert polls.longest_gap_s == 55
