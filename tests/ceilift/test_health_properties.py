"""What holds for every judge, whatever was seen: nothing is healthy without positive evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ceilift.health import (
    Outcome,
    Verdict,
    judge_all_stopped,
    judge_api,
    judge_collector,
    judge_notification,
    judge_polling,
)
from ceilift.looks import (
    ApiAnswer,
    ApiLook,
    CollectorLook,
    NotificationLook,
    PollingLook,
    StopLook,
)

maybe_bool = st.sampled_from([True, False, None])
maybe_count = st.none() | st.integers(0, 4)
names = st.frozensets(st.sampled_from("abc"))
stop_looks = st.builds(
    StopLook,
    at=st.just(0.0),
    processes=st.dictionaries(st.sampled_from(["h1", "h2"]), maybe_count),
    connections=maybe_count,
    anonymous=st.integers(0, 2),
    queue=st.sampled_from(["", "q"]),
    consumers=maybe_count,
    members_told=st.booleans(),
    members=maybe_count,
)
collector_looks = st.builds(
    CollectorLook,
    at=st.just(0.0),
    running=maybe_bool,
    consuming=maybe_bool,
    backlog=maybe_count,
    acknowledged=maybe_count,
    rows=maybe_count,
)
notification_looks = st.builds(
    NotificationLook,
    at=st.just(0.0),
    running=maybe_bool,
    consuming=maybe_bool,
    acknowledged=maybe_count,
    polled_rows=maybe_count,
    probe_row=maybe_bool,
)
polling_looks = st.builds(
    PollingLook,
    at=st.just(0.0),
    running=maybe_bool,
    fresh=st.none() | names,
    published=maybe_count,
    namespace_rows=maybe_count,
)
api_looks = st.builds(
    ApiLook,
    at=st.just(0.0),
    answers=st.lists(
        st.builds(
            ApiAnswer,
            host=st.sampled_from(["h1", "h2"]),
            status=st.sampled_from([200, 500, 0, None]),
            release=st.sampled_from(["8.1.5", "9.0.7", None]),
        ),
        max_size=3,
    ).map(tuple),
)


@given(st.lists(stop_looks, max_size=3))
def test_stopped_always_means_every_host_was_read_and_someone_else_agrees(
    looks: Sequence[StopLook],
) -> None:
    verdict = judge_all_stopped(looks, expired=True)
    if verdict.healthy:
        last = looks[-1]
        assert last.processes
        assert set(last.processes.values()) == {0}
        assert last.connections == 0
        agrees = (not last.anonymous, last.queue, last.members_told)
        assert any(agrees)


@given(st.lists(collector_looks, max_size=4))
def test_a_healthy_collector_always_acknowledged_and_stored(looks: Sequence[CollectorLook]) -> None:
    if judge_collector(looks, expired=True).healthy:
        last = looks[-1]
        assert (last.running, last.consuming) == (True, True)
        assert last.acknowledged
        assert last.rows
        assert last.backlog is not None


@given(st.lists(notification_looks, max_size=3))
def test_a_healthy_notification_agent_always_passed_something_through(
    looks: Sequence[NotificationLook],
) -> None:
    if judge_notification(looks, expired=True).healthy:
        last = looks[-1]
        assert (last.running, last.consuming) == (True, True)
        assert last.acknowledged
        assert last.probe_row or last.polled_rows


@given(st.lists(polling_looks, max_size=3), names)
def test_a_healthy_polling_agent_has_always_polled(
    looks: Sequence[PollingLook], due: frozenset[str]
) -> None:
    if judge_polling(looks, due=due, expired=True).healthy:
        last = looks[-1]
        assert last.running
        polled = last.fresh is not None and due <= last.fresh
        assert polled if due else last.published and last.namespace_rows


@given(st.lists(api_looks, max_size=3))
def test_a_healthy_api_always_answers_with_one_release(looks: Sequence[ApiLook]) -> None:
    if judge_api(looks, release="9.0.7", expired=True).healthy:
        assert {(a.status, a.release) for a in looks[-1].answers} == {(200, "9.0.7")}


def twice(judge: Callable[..., Verdict], looks: object, **more: object) -> tuple[Verdict, Verdict]:
    return judge(looks, expired=False, **more), judge(looks, expired=True, **more)


def both(
    looks: st.SearchStrategy[Any], judge: Callable[..., Verdict], **more: object
) -> st.SearchStrategy[tuple[Verdict, Verdict]]:
    return st.lists(looks, max_size=3).map(lambda series: twice(judge, series, **more))


@given(
    both(stop_looks, judge_all_stopped)
    | both(collector_looks, judge_collector)
    | both(notification_looks, judge_notification)
    | both(polling_looks, judge_polling)
    | both(api_looks, judge_api, release="9.0.7")
)
def test_the_deadline_never_makes_anything_healthy_and_every_verdict_says_why(
    verdicts: tuple[Verdict, Verdict],
) -> None:
    early, late = verdicts
    assert early.outcome is not Outcome.UNHEALTHY
    assert early.healthy is late.healthy
    assert early.reasons
    assert late.reasons
