"""Whether agents have a pipeline, and whether queues are empty: what no look may ever pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.looks import AgentLook, DrainLook, PipelineLook
from ceilift.pipeline_health import judge_drained, judge_heard, judge_pipeline
from ceilift.verdict import Outcome

ONE = AgentLook("ctl1", running=True, loaded=True, queues=frozenset({"q0", "notifications.info"}))
OTHER = AgentLook("ctl2", running=True, loaded=True, queues=frozenset({"q1"}))
LOOK = PipelineLook(0.0, (ONE, OTHER), frozenset({"q0", "q1"}))


def test_all_loaded_and_every_queue_read_is_healthy() -> None:
    verdict = judge_pipeline([LOOK], expired=False)

    assert verdict.healthy
    assert verdict.measured == {"queues": 2, "ctl1": 1, "ctl2": 1}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (replace(ONE, loaded=False), "ctl1 has not loaded the new files"),
        (replace(ONE, running=False), "it does not run on ctl1"),
        (replace(ONE, queues=frozenset()), "nobody of them reads q0"),
        (replace(ONE, queues=frozenset()), "ctl1 consumes nothing"),
    ],
)
def test_one_agent_without_it_is_unhealthy_in_the_end(changed: AgentLook, words: str) -> None:
    looks = [replace(LOOK, agents=(changed, OTHER))]

    assert judge_pipeline(looks, expired=False).outcome is Outcome.INCONCLUSIVE
    verdict = judge_pipeline(looks, expired=True)
    assert verdict.outcome is Outcome.UNHEALTHY
    assert words in str(verdict)


def test_an_agent_that_shares_none_of_the_queues_may_be_one_of_many() -> None:
    idle = replace(OTHER, queues=frozenset({"notifications.sample"}))
    busy = replace(ONE, queues=LOOK.wanted)

    assert judge_pipeline([replace(LOOK, agents=(busy, idle))], expired=False).healthy


def test_a_host_that_cannot_be_read_passes_nothing() -> None:
    unread = replace(
        LOOK, agents=(AgentLook("ctl1", None, None), replace(OTHER, queues=LOOK.wanted))
    )

    assert judge_pipeline([unread], expired=True).outcome is Outcome.INCONCLUSIVE


def test_no_queue_at_all_proves_nothing() -> None:
    nothing = replace(LOOK, wanted=frozenset())

    assert judge_pipeline([nothing], expired=True).outcome is Outcome.INCONCLUSIVE
    assert judge_pipeline([], expired=True).outcome is Outcome.INCONCLUSIVE


def drained(*looks: tuple[float, int | None], expired: bool = True) -> Outcome:
    made = [DrainLook(at, None if left is None else {"q": left}) for at, left in looks]
    return judge_drained(made, expired=expired).outcome


def test_queues_are_empty_once_they_stayed_so() -> None:
    assert drained((0.0, 3), (1.0, 0), (3.0, 0), (7.0, 0)) is Outcome.HEALTHY
    assert drained((0.0, 0), (2.0, 0), expired=False) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("looks", "outcome"),
    [
        (((0.0, 0), (7.0, 1)), Outcome.UNHEALTHY),
        (((0.0, 0), (6.0, 1), (7.0, 0)), Outcome.UNHEALTHY),
        (((0.0, 0), (7.0, None)), Outcome.INCONCLUSIVE),
        ((), Outcome.INCONCLUSIVE),
    ],
)
def test_queues_that_fill_or_cannot_be_seen_are_not_drained(
    looks: tuple[tuple[float, int | None], ...], outcome: Outcome
) -> None:
    assert drained(*looks) is outcome


def test_queues_that_never_were_are_empty() -> None:
    looks = [DrainLook(at, {}) for at in (0.0, 6.0)]

    assert judge_drained(looks, expired=False).healthy


def heard(*looks: tuple[float, int | None]) -> Outcome:
    made = [DrainLook(at, None if left is None else {"q": left}) for at, left in looks]
    return judge_heard(made, expired=True).outcome


@pytest.mark.parametrize(
    ("looks", "outcome"),
    [
        (((0.0, 9), (6.0, 0), (8.0, 7)), Outcome.HEALTHY),
        (((0.0, 0), (4.0, 0), (6.0, 3)), Outcome.UNHEALTHY),
        (((0.0, 0), (4.0, 0)), Outcome.INCONCLUSIVE),
        (((0.0, 9), (6.0, None)), Outcome.INCONCLUSIVE),
        ((), Outcome.INCONCLUSIVE),
    ],
)
def test_what_was_sent_is_read_once_a_newer_count_was_nothing(
    looks: tuple[tuple[float, int | None], ...], outcome: Outcome
) -> None:
    assert heard(*looks) is outcome
