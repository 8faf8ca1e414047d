"""Which fault meets which stage: all of them, once each before any again, told by the seed."""

from __future__ import annotations

from lab.accept.fault_points import PATHS, SILENT, STAGES, moments, points
from lab.nspawn.faults import FAULTS

HOSTS = ("ctl1", "ctl2", "pol1")
INTENTS = tuple(
    (f"{stage}/{step}/{host}" if host else f"{stage}/{step}", host, nth)
    for stage in STAGES
    for step, host in (("stop", "ctl1"), ("start", "ctl2"), ("all-stopped", ""))
    for nth in (0, 1)
)
FOUND = {path: moments(path, INTENTS) for path in PATHS}
ALL = points(tuple(FAULTS), FOUND, HOSTS, 5)


def test_every_fault_meets_every_stage_of_both_paths() -> None:
    met = {(one.fault, one.path, one.stage) for one in ALL}
    assert len(ALL) == len(met) == len(FAULTS) * len(PATHS) * len(STAGES)


def test_the_short_form_has_every_fault_once_and_every_stage_of_both_paths() -> None:
    short = ALL[: len(FAULTS)]
    assert {one.fault for one in short} == set(FAULTS)
    assert {(one.path, one.stage) for one in short} == {(p, s) for p in PATHS for s in STAGES}
    assert all(one.lasts_s is not None for one in short if one.fault in SILENT)


def test_faults_are_over_soon_late_and_never() -> None:
    lasting = [one.lasts_s for one in ALL if one.fault != "reboot"]
    assert None in lasting
    assert any(one is not None and one < 10 for one in lasting)
    assert any(one is not None and one > 10 for one in lasting)


def test_most_hosts_are_those_that_are_acted_on_and_some_are_not() -> None:
    elsewhere = [one for one in ALL if one.moment.host and one.host != one.moment.host]
    assert 0 < len(elsewhere) < len(ALL) / 2
    assert {one.host for one in ALL} == set(HOSTS)


def test_the_order_in_which_a_run_wrote_its_intents_does_not_matter() -> None:
    again = {path: moments(path, tuple(reversed(INTENTS))) for path in PATHS}
    assert points(tuple(reversed(FAULTS)), again, HOSTS, 5) == ALL
    assert points(tuple(FAULTS), FOUND, HOSTS, 6) != ALL


def test_points_are_numbered_and_say_what_they_are() -> None:
    assert [one.number for one in ALL] == list(range(len(ALL)))
    [left] = [one for one in ALL if one.lasts_s is None][:1]
    assert f"{left.number:2} {left.fault} of {left.host} to the end, {left.path}: " in str(left)
