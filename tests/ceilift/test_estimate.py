"""What a plan expects: seconds by the catalogue, and polls missed by the accountant's rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.component import Component
from ceilift.estimate import PATIENCE, series_of
from ceilift.plan import ExpectedLoss, GateKind, Plan
from ceilift.pollsters import PollingSource
from ceilift.situation import Place
from ceilift.state import AgentConfig
from tests.clouds import agent
from tests.golden import FOLDER, read
from tests.troubled import OWN, Cloud, modern, quiet


def loss(plan: Plan, stage: str = "polling") -> ExpectedLoss:
    return next(one.expected_loss for one in plan.stages if one.name == stage)


def alone() -> Cloud:
    return quiet({"ctl1": ["collector", "notification", "polling-central"]})


def test_the_first_agent_pauses_for_stop_start_and_first_poll() -> None:
    assert loss(alone().planned()).longest_gap_s == pytest.approx(0.6 + 3.3 + 20)


def test_the_others_also_wait_for_the_first_ones_proof() -> None:
    first_gate = 3.3 + 20 + 5

    assert loss(quiet().planned()).longest_gap_s == pytest.approx(0.6 + 3.3 + 20 + first_gate)


@pytest.mark.parametrize(("coordinated", "polls_after"), [(True, 20), (False, 10)])
def test_coordination_counts_where_the_release_waits_longer_with_it(
    polls_after: float, *, coordinated: bool
) -> None:
    # The same release again: 8.1.5 waits one interval alone, two with coordination.
    cloud = quiet({"ctl1": ["polling-central"]}, "unknown").asked(to="8.1.5")
    cloud = cloud.polling(coordinated=coordinated)

    assert loss(cloud.planned()).longest_gap_s == pytest.approx(0.6 + 2.0 + polls_after)


def test_a_release_that_polls_at_once_hardly_pauses() -> None:
    missed = loss(modern().planned())

    assert missed.longest_gap_s == pytest.approx(0.6 + 2.0 + 2.0 + 5 + 10)
    assert missed.missed == 1


@pytest.mark.parametrize(("interval", "missed"), [(10.0, 2), (60.0, 2), (600.0, 2)])
def test_missed_polls_are_the_pause_in_intervals(interval: float, missed: int) -> None:
    plan = alone().polling(interval_s=interval).planned()

    gap_between_samples = loss(plan).longest_gap_s + interval
    assert loss(plan).missed == missed == round(gap_between_samples / interval) - 1


def test_the_longest_interval_decides() -> None:
    cloud = quiet().agent("polling", "pol1", config=replace(OWN, interval_s=60.0, resources=("x",)))

    assert loss(cloud.planned()).longest_gap_s > 2 * 60


def test_the_targets_own_interval_is_taken_where_none_is_known() -> None:
    assert loss(alone().polling(interval_s=None).planned()).longest_gap_s > 2 * 300


def test_only_polling_loses_anything() -> None:
    plan = quiet().planned()

    lost = [stage.name for stage in plan.stages if stage.expected_loss.longest_gap_s]
    assert lost == ["polling"]
    assert all(stage.expected_loss.why for stage in plan.stages)


def test_every_later_batch_waits_for_the_ones_before() -> None:
    one = loss(quiet().planned()).longest_gap_s
    three = loss(quiet().asked(batch_size=1).planned()).longest_gap_s

    assert three == pytest.approx(one + 3.3)  # two others, one by one


def test_a_bigger_database_takes_longer_to_save() -> None:
    small, large = (quiet().database(size_bytes=size).planned() for size in (0, 2_000_000_000))

    assert large.estimate_s - small.estimate_s == pytest.approx(100)


@pytest.mark.parametrize("kind", GateKind)
def test_a_gate_may_wait_longer_than_it_is_expected_to_take(kind: GateKind) -> None:
    plan = quiet().polling(interval_s=600.0).planned()
    if kind in {GateKind.PIPELINE, GateKind.DRAINED}:
        sharing = read(FOLDER / "partial-changed-pipeline.yaml")
        plan = sharing.planned(sharing.first_state)
    if kind is GateKind.HEARD:
        loses = read(FOLDER / "full-polling-first.yaml")
        plan = loses.planned(loses.first_state)
    first_poll = 1200 if kind is GateKind.POLLING else 0

    gates = [gate for gate in plan.gates if gate.kind is kind]
    assert gates
    assert all(gate.timeout_s > 1.5 * first_poll + 3.3 for gate in gates)


def test_a_polling_gate_waits_half_as_long_again_as_the_release_needs() -> None:
    (gate,) = (gate for gate in quiet().planned().gates if gate.id == "polling/first/ctl1")

    assert gate.timeout_s == pytest.approx(1.5 * 20 + 4 + 30)


def test_stages_add_up() -> None:
    plan = quiet().planned()

    assert plan.estimate_s == pytest.approx(sum(stage.estimate_s for stage in plan.stages))
    assert all(stage.estimate_s > 0 for stage in plan.stages)


def source(*meters: str, resources: tuple[str, ...] = ("r1", "r2")) -> PollingSource:
    return PollingSource("s", 10.0, meters, resources)


@pytest.mark.parametrize(
    ("sources", "series"),
    [
        ((), 2),
        ((source("a", "b", "c"),), 6),
        ((source("a", "b"), source("b", "c")), 6),
        ((source("*", "!a"),), 2),
        ((source("!a", "!b"),), 2),
        ((source("a.*", "b.*", resources=("r1",)), source("c", resources=())), 2),
    ],
)
def test_series_are_resources_times_pollsters_each_once(
    sources: tuple[PollingSource, ...], series: int
) -> None:
    config = AgentConfig(resources=("r1", "r2"), polling_sources=sources)
    seen = agent("polling", "ctl1", "8.1.5", config=config)
    place = Place(Component.POLLING, "ctl1", "u", ("central",), wanted=True, now=seen)

    assert series_of(place) == series


def test_a_random_wait_before_the_first_poll_makes_its_gate_wait_longer() -> None:
    def longest(shuffle_s: float) -> float:
        plan = quiet().polling(shuffle_s=shuffle_s).planned()
        return max(gate.timeout_s for gate in plan.gates if gate.kind is GateKind.POLLING)

    assert longest(40.0) == longest(0.0) + PATIENCE * 40.0
