"""The judges: each verdict on looks whose meaning is plain, and what no look may ever pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

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

STOPPED = StopLook(
    at=0,
    processes={"ctl1": 0, "ctl2": 0},
    connections=0,
    queue="metering.sample",
    consumers=0,
    members_told=True,
    members=0,
)
COLLECTING = CollectorLook(at=0, running=True, consuming=True, backlog=0, acknowledged=7, rows=7)
NOTIFIED = NotificationLook(at=0, running=True, consuming=True, acknowledged=3, polled_rows=8)
POLLED = PollingLook(at=0, running=True, fresh=frozenset({"a", "b"}))
DUE = frozenset({"a", "b"})
API = ApiLook(0, (ApiAnswer("ctl1", 200, "9.0.7"), ApiAnswer("ctl2", 200, "9.0.7")))


def outcome(verdict: Verdict) -> str:
    return verdict.outcome.value


def said(verdict: Verdict, words: str) -> bool:
    return any(words in reason for reason in verdict.reasons)


# --- all stopped


def test_nothing_of_it_anywhere_is_stopped() -> None:
    assert judge_all_stopped([STOPPED], expired=False).healthy


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (
            replace(STOPPED, processes={"ctl1": 0, "ctl2": 2}),
            "2 processes of it still live on ctl2",
        ),
        (replace(STOPPED, connections=1), "1 connections of it on the broker"),
        (replace(STOPPED, consumers=1), "1 consumers on metering.sample"),
        (replace(STOPPED, members=1), "1 live group members"),
    ],
)
def test_whatever_still_lives_is_not_stopped(look: StopLook, words: str) -> None:
    early = judge_all_stopped([STOPPED, look], expired=False)
    late = judge_all_stopped([STOPPED, look], expired=True)
    assert (outcome(early), outcome(late)) == ("inconclusive", "unhealthy")
    assert said(early, words)
    assert said(late, words)


@pytest.mark.parametrize(
    "look",
    [
        replace(STOPPED, processes={"ctl1": 0, "ctl2": None}),
        replace(STOPPED, processes={}),
        replace(STOPPED, connections=None),
        replace(STOPPED, consumers=None),
        replace(STOPPED, members=None),
        replace(STOPPED, anonymous=2, queue="", members_told=False),
    ],
)
def test_what_could_not_be_looked_at_is_never_stopped(look: StopLook) -> None:
    assert outcome(judge_all_stopped([look], expired=True)) == "inconclusive"


def test_members_that_cannot_be_told_are_named_and_do_not_block() -> None:
    verdict = judge_all_stopped([replace(STOPPED, members_told=False, members=5)], expired=False)
    assert verdict.healthy
    assert said(verdict, "group members cannot be told")


def test_clients_without_a_name_leave_the_proof_to_the_queue() -> None:
    verdict = judge_all_stopped([replace(STOPPED, anonymous=2)], expired=False)
    assert verdict.healthy
    assert said(verdict, "2 broker connections carry no process name")


# --- collector


def collected(*backlogs: int | None, **changes: object) -> list[CollectorLook]:
    look = replace(COLLECTING, **changes)  # type: ignore[arg-type]
    return [replace(look, at=5.0 * at, backlog=depth) for at, depth in enumerate(backlogs)]


@pytest.mark.parametrize("backlogs", [(300, 120), (0, 0), (10, 400, 90)])
def test_a_collector_that_stores_and_drains_is_healthy(backlogs: tuple[int, ...]) -> None:
    assert judge_collector(collected(*backlogs), expired=False).healthy


@pytest.mark.parametrize(
    ("looks", "healthy"),
    [
        ([(0, 0), (4.9, 0)], False),
        ([(0, 0), (5.0, 0)], True),
        ([(0, 0), (3, 0), (6, 0)], True),
        ([(0, 9), (1, 0), (4, 0)], True),
        ([(0, 0), (3, None), (6, 0)], False),
    ],
)
def test_empty_twice_means_two_counts_of_the_broker(
    looks: list[tuple[float, int | None]], *, healthy: bool
) -> None:
    series = [replace(COLLECTING, at=float(at), backlog=depth) for at, depth in looks]
    assert judge_collector(series, expired=False).healthy is healthy


def test_a_steady_small_backlog_that_turns_over_is_healthy() -> None:
    looks = [replace(COLLECTING, backlog=5, acknowledged=count) for count in (10, 20)]
    assert judge_collector(looks, expired=False).healthy


def test_a_collector_whose_database_is_broken_requeues_for_ever() -> None:
    looks = collected(300, 320, 340, acknowledged=0, rows=0)
    verdict = judge_collector(looks, expired=True)
    assert verdict.outcome is Outcome.UNHEALTHY
    assert said(verdict, "it acknowledged nothing while 340 messages wait")
    assert said(verdict, "the backlog does not fall (300, now 340)")
    assert said(verdict, "no sample was stored")


def test_another_collector_that_drains_does_not_prove_this_one() -> None:
    verdict = judge_collector(collected(300, 100, acknowledged=0, rows=900), expired=True)
    assert verdict.outcome is Outcome.UNHEALTHY


def test_acknowledged_but_not_stored_is_harm() -> None:
    assert outcome(judge_collector(collected(300, 0, rows=0), expired=True)) == "unhealthy"


def test_a_collector_with_nothing_to_do_is_not_proven() -> None:
    verdict = judge_collector(collected(0, 0, 0, acknowledged=0, rows=0), expired=True)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert said(verdict, "no message came")


@pytest.mark.parametrize(
    "changes", [{"running": None}, {"consuming": None}, {"acknowledged": None}, {"rows": None}]
)
def test_a_collector_that_cannot_be_measured_is_inconclusive(changes: dict[str, None]) -> None:
    assert outcome(judge_collector(collected(9, 3, **changes), expired=True)) == "inconclusive"


def test_one_look_at_the_backlog_is_too_few() -> None:
    assert outcome(judge_collector(collected(0), expired=True)) == "inconclusive"


def test_where_no_database_can_be_read_rows_are_not_asked_for() -> None:
    looks = collected(9, 3, rows=None)
    assert judge_collector(looks, stores_rows=False, expired=True).healthy


# --- notification


def test_a_notification_agent_through_which_polled_samples_came_is_healthy() -> None:
    assert judge_notification([NOTIFIED], expired=False).healthy


def test_the_marked_notification_proves_it_on_a_quiet_cloud() -> None:
    look = replace(NOTIFIED, polled_rows=0, probe_row=True)
    assert judge_notification([look], expired=False).healthy


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (replace(NOTIFIED, running=False), "unhealthy"),
        (replace(NOTIFIED, consuming=False), "unhealthy"),
        (replace(NOTIFIED, polled_rows=0), "unhealthy"),
        (replace(NOTIFIED, polled_rows=0, probe_row=False), "unhealthy"),
        (replace(NOTIFIED, polled_rows=None), "inconclusive"),
        (replace(NOTIFIED, acknowledged=None), "inconclusive"),
        (replace(NOTIFIED, acknowledged=0), "inconclusive"),
        (replace(NOTIFIED, consuming=None), "inconclusive"),
    ],
)
def test_a_notification_agent_is_not_passed_otherwise(
    look: NotificationLook, expected: str
) -> None:
    assert outcome(judge_notification([look], expired=False)) == "inconclusive"
    assert outcome(judge_notification([look], expired=True)) == expected


# --- polling


def test_fresh_samples_of_all_own_resources_are_healthy() -> None:
    assert judge_polling([POLLED], due=DUE, expired=False).healthy


def test_an_agent_that_is_alive_and_never_polls_is_unhealthy_and_says_what_is_missing() -> None:
    verdict = judge_polling([replace(POLLED, fresh=frozenset())], due=DUE, expired=True)
    assert verdict.outcome is Outcome.UNHEALTHY
    assert said(verdict, "no fresh sample of 2 of its 2 resources: a, b")


def test_samples_of_other_agents_resources_prove_nothing() -> None:
    look = replace(POLLED, fresh=frozenset({"a", "x", "y"}), namespace_rows=9, published=9)
    assert outcome(judge_polling([look], due=DUE, expired=True)) == "unhealthy"


def test_with_unknown_resources_it_must_have_published_and_samples_have_come() -> None:
    look = PollingLook(at=0, running=True, fresh=None, published=4, namespace_rows=4)
    assert judge_polling([look], expired=False).healthy
    for harm in (replace(look, published=0), replace(look, namespace_rows=0)):
        assert outcome(judge_polling([harm], expired=True)) == "unhealthy"
    for unknown in (replace(look, published=None), replace(look, namespace_rows=None)):
        assert outcome(judge_polling([unknown], expired=True)) == "inconclusive"


# --- API


def test_every_api_host_answers_with_the_one_release() -> None:
    assert judge_api([API], release="9.0.7", expired=False).healthy


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ApiAnswer("ctl2", 500, "9.0.7"), "unhealthy"),
        (ApiAnswer("ctl2", 0, None), "unhealthy"),
        (ApiAnswer("ctl2", 200, "8.1.5"), "unhealthy"),
        (ApiAnswer("ctl2", 200, None), "inconclusive"),
        (ApiAnswer("ctl2", None, None), "inconclusive"),
    ],
)
def test_one_other_answer_is_no_pass(answer: ApiAnswer, expected: str) -> None:
    look = ApiLook(0, (API.answers[0], answer))
    assert outcome(judge_api([API, look], release="9.0.7", expired=True)) == expected


# --- a polling agent among others of its group --------------------------------------------

GROUP = frozenset({"r1", "r2"})


def member(at: float, *, published: int = 0, members: int = 4, **newest: float) -> PollingLook:
    return PollingLook(
        at,
        running=True,
        fresh=frozenset(newest),
        published=published,
        members=members,
        expected=4,
        newest=newest,
    )


def judged(*looks: PollingLook) -> Outcome:
    return judge_polling(looks, due=GROUP, alone=False, expired=True).outcome


def test_a_member_that_published_has_done_its_part() -> None:
    assert judged(member(10, published=2, r1=9, r2=9)) is Outcome.HEALTHY


def test_a_member_that_got_nothing_is_proven_by_what_is_polled_since_it_joined() -> None:
    assert judged(member(10, r1=9, r2=9), member(20, r1=19, r2=19)) is Outcome.HEALTHY


def test_a_silent_member_is_not_healthy_because_others_polled_before_they_knew_of_it() -> None:
    # r2 is its share: measured once after its start, by an old member, and never since it joined.
    assert judged(member(10, r1=9, r2=9), member(30, r1=29, r2=9)) is Outcome.UNHEALTHY


def test_who_is_no_member_is_not_healthy_whatever_the_others_poll() -> None:
    looks = (member(10, members=3, r1=9, r2=9), member(30, members=3, r1=29, r2=29))
    assert judged(*looks) is Outcome.UNHEALTHY
