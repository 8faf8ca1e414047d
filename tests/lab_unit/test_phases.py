"""Phases drawn by a seed, and read from an agent's log; nothing is started here."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from lab.clouds import POLL_INTERVAL_S
from lab.phases import ALIGNED, measured, polls, seeded, ticks
from lab.settings import Lab

HOSTS = ("ctl1", "ctl2", "pol1", "pol2")


def arc(phases: list[float]) -> float:
    """The shortest stretch of the interval, taken as a circle, that holds all of them."""
    found = sorted(phases)
    gaps = [b - a for a, b in zip(found, [*found[1:], found[0] + POLL_INTERVAL_S], strict=True)]
    return POLL_INTERVAL_S - max(gaps)


def line(moment: float, meter: str = "hardware.cpu.load.1min") -> str:
    stamp = datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]  # noqa: DTZ006
    return f"{stamp} 41 INFO ceilometer.polling.manager [-] Polling pollster {meter} in the"


@pytest.mark.parametrize("seed", range(50))
def test_aligned_phases_lie_close_together(lab: Lab, seed: int) -> None:
    found = seeded(seed, lab, aligned=True)

    assert set(found) == set(HOSTS)
    assert all(0 <= phase < POLL_INTERVAL_S for phase in found.values())
    assert arc(list(found.values())) <= ALIGNED * POLL_INTERVAL_S


def test_random_phases_use_the_whole_interval(lab: Lab) -> None:
    found = [phase for seed in range(50) for phase in seeded(seed, lab, aligned=False).values()]

    assert {int(phase) for phase in found} == set(range(POLL_INTERVAL_S))


def test_a_seed_gives_the_same_phases_again(lab: Lab) -> None:
    assert seeded(7, lab, aligned=False) == seeded(7, lab, aligned=False)
    assert seeded(7, lab, aligned=False) != seeded(8, lab, aligned=False)


def test_a_cycle_of_two_meters_is_one_tick(tmp_path: Path) -> None:
    log = tmp_path / "polling.log"
    begin = 1_800_000_003.25
    moments = (begin, begin + 0.4, begin + 10, begin + 10.3)
    log.write_text("\n".join(["Loading", *(line(moment) for moment in moments), ""]))

    assert ticks(log, POLL_INTERVAL_S) == [begin, begin + 10]


def test_polls_are_told_one_by_one(tmp_path: Path) -> None:
    log = tmp_path / "polling.log"
    begin = 1_800_000_003.25
    log.write_text("\n".join(line(moment) for moment in (begin, begin + 2.0)))

    assert polls(log) == [begin, begin + 2.0]


def test_a_phase_is_measured_of_agents_that_poll(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.phases.now", lambda: 1_800_000_020.0)
    for host, last in (("ctl1", 1_800_000_013.5), ("pol1", 1_799_999_990.0)):
        log = lab.host(lab.named(host)) / "var/log/ceilometer/ceilometer-polling.log"
        log.parent.mkdir(parents=True)
        log.write_text(line(last))

    assert measured(lab) == {"ctl1": pytest.approx(3.5)}


def test_an_agent_that_never_polled_has_no_tick(tmp_path: Path) -> None:
    assert ticks(tmp_path / "none.log", POLL_INTERVAL_S) == []
