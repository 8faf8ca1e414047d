"""Judges observations: healthy only on positive evidence, unhealthy only on evidence of harm.

Every judge takes a series of looks, oldest first, and `expired`: whether the gate's deadline has
passed. Before it a judge says healthy or `inconclusive` (not yet: keep looking); after it, harm
that was seen is unhealthy, and what could not be measured stays inconclusive, which never passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from ceilift.looks import (
    ApiAnswer,
    ApiLook,
    CollectorLook,
    NotificationLook,
    StopLook,
)
from ceilift.polling_health import judge_polling
from ceilift.verdict import NOT_COUNTED, Case, Outcome, Verdict, nothing_seen

__all__ = [
    "Outcome",
    "Verdict",
    "judge_all_stopped",
    "judge_api",
    "judge_collector",
    "judge_notification",
    "judge_polling",
]

OK = 200
FEWEST_LOOKS = 2
LAG_S = 5.0  # the broker counts anew only so often: looks closer together may see one count


def judge_all_stopped(looks: Sequence[StopLook], *, expired: bool) -> Verdict:
    """No process on any host, no connection, no consumer, no live member: by the last look.

    Proofs that cannot be had here are named; the processes and at least one of the other three
    are always required.
    """
    if not looks:
        return nothing_seen(expired=expired)
    look, case = looks[-1], Case()
    for host, count in sorted(look.processes.items()):
        bad = f"{count} processes of it still live on {host}"
        case.require(_is_none(count), f"no process on {host}", bad, f"{host} could not be read")
    if not look.processes:
        case.unknown.append("no host was looked at")
    others = [
        _judge_connections(look, case),
        _judge_consumers(look, case),
        _judge_members(look, case),
    ]
    if not any(others):
        case.unknown.append("neither broker nor coordination can tell whether one lives elsewhere")
    measured = {
        "processes": sum(count or 0 for count in look.processes.values()),
        "connections": look.connections,
        "consumers": look.consumers,
        "members": look.members,
    }
    return case.verdict(measured, expired=expired)


def judge_collector(
    looks: Sequence[CollectorLook], *, stores_rows: bool = True, expired: bool
) -> Verdict:
    """It consumes and acknowledges, the backlog falls or was empty twice, and rows are stored.

    A collector that requeues for ever (its database is broken) acknowledges nothing and stores
    nothing while the backlog stays: unhealthy. `stores_rows` is false where samples cannot
    be read.
    """
    if not looks:
        return nothing_seen(expired=expired)
    look, case = looks[-1], Case()
    _judge_life(look, "metering.sample", case)
    _judge_work(look.acknowledged, look.backlog, case)
    _judge_backlog(looks, case)
    if stores_rows:
        _judge_rows(look, case)
    measured = {"backlog": look.backlog, "acknowledged": look.acknowledged, "rows": look.rows}
    return case.verdict(measured, expired=expired)


def judge_notification(
    looks: Sequence[NotificationLook], *, stores_rows: bool = True, expired: bool
) -> Verdict:
    """It consumes and acknowledges, and polled samples or the marked probe came through.

    Where samples cannot be read (`stores_rows` false), what it acknowledged is the proof.
    """
    if not looks:
        return nothing_seen(expired=expired)
    look, case = looks[-1], Case()
    _judge_life(look, "notifications.sample", case)
    _judge_work(look.acknowledged, None, case)
    if stores_rows:
        _judge_samples(look, case)
    measured = {"acknowledged": look.acknowledged, "polled_rows": look.polled_rows}
    return case.verdict(measured, expired=expired)


def judge_api(looks: Sequence[ApiLook], *, release: str, expired: bool) -> Verdict:
    """By the last look: every host answers 200, and all serve `release`."""
    if not looks or not looks[-1].answers:
        return nothing_seen(expired=expired)
    case = Case()
    for answer in looks[-1].answers:
        _judge_answer(answer, release, case)
    measured = {answer.host: answer.status for answer in looks[-1].answers}
    return case.verdict(measured, expired=expired)


def _is_none(count: int | None) -> bool | None:
    return None if count is None else count == 0


def _judge_connections(look: StopLook, case: Case) -> bool:
    """Whether the broker could tell. Clients without a name hide in the anonymous ones."""
    if look.anonymous and look.connections == 0:
        case.noted.append(f"{look.anonymous} broker connections carry no process name")
        return False
    good, bad = "no connection on the broker", f"{look.connections} connections of it on the broker"
    case.require(_is_none(look.connections), good, bad, "the broker could not be asked")
    return look.connections is not None


def _judge_consumers(look: StopLook, case: Case) -> bool:
    if not look.queue:
        return False
    bad, unknown = f"{look.consumers} consumers on {look.queue}", f"{look.queue} could not be read"
    case.require(_is_none(look.consumers), f"no consumer on {look.queue}", bad, unknown)
    return look.consumers is not None


def _judge_members(look: StopLook, case: Case) -> bool:
    if not look.members_told:
        case.noted.append("group members cannot be told")
        return False
    bad, unknown = f"{look.members} live group members", "the coordination could not be asked"
    case.require(_is_none(look.members), "no live group member", bad, unknown)
    return look.members is not None


def _judge_life(look: CollectorLook | NotificationLook, queue: str, case: Case) -> None:
    case.require(look.running, "it runs", "it does not run", "its host could not be read")
    bad = f"its connection does not consume {queue}"
    case.require(look.consuming, f"it consumes {queue}", bad, "the broker could not be asked")


def _judge_work(acknowledged: int | None, backlog: int | None, case: Case) -> None:
    """Acknowledgements of its own; none of them is harm only while messages wait."""
    if acknowledged is None:
        case.unknown.append("its acknowledgements could not be counted")
    elif acknowledged:
        case.proofs.append(f"it acknowledged {acknowledged} messages")
    elif backlog:
        case.harm.append(f"it acknowledged nothing while {backlog} messages wait")
    else:
        case.unknown.append("no message came for it to acknowledge")


def _judge_backlog(looks: Sequence[CollectorLook], case: Case) -> None:
    seen = [look.backlog for look in looks if look.backlog is not None]
    if looks[-1].backlog is None:
        case.unknown.append("the backlog could not be read")
    elif len(seen) < FEWEST_LOOKS:
        case.unknown.append("the backlog was seen once only")
    elif seen[-1] == 0 and _stayed_empty(looks):
        case.proofs.append("the backlog was empty twice")
    elif not any(seen):
        case.unknown.append("the backlog was empty, but not yet for long enough to be sure")
    elif seen[-1] < max(seen[:-1]):
        case.proofs.append(f"the backlog fell from {max(seen[:-1])} to {seen[-1]}")
    elif seen[-1] <= seen[0] and _turned_over(looks):
        case.proofs.append(f"the backlog of {seen[-1]} is served as fast as it comes")
    else:
        case.harm.append(f"the backlog does not fall ({seen[0]}, now {seen[-1]})")


def _stayed_empty(looks: Sequence[CollectorLook]) -> bool:
    """Whether two looks that saw it empty, and none between them that did not, are LAG_S apart."""
    empty = takewhile(lambda look: look.backlog == 0, reversed(looks))
    return any(looks[-1].at - look.at >= LAG_S for look in empty)


def _turned_over(looks: Sequence[CollectorLook]) -> bool:
    """Whether it acknowledged at least the present backlog while it was looked at."""
    counts = [look.acknowledged for look in looks if look.acknowledged is not None]
    return bool(counts) and counts[-1] - counts[0] >= (looks[-1].backlog or 0)


def _judge_rows(look: CollectorLook, case: Case) -> None:
    if look.rows is None:
        case.unknown.append("stored samples could not be read")
    elif look.rows:
        case.proofs.append(f"{look.rows} samples were stored since it started")
    elif look.acknowledged or look.backlog:
        case.harm.append("no sample was stored since it started")
    else:
        case.unknown.append("no sample came to be stored")


def _judge_samples(look: NotificationLook, case: Case) -> None:
    if look.probe_row:
        case.proofs.append("the marked notification's row is stored")
    elif look.polled_rows:
        case.proofs.append(f"{look.polled_rows} polled samples came through since it started")
    elif look.probe_row is False:
        case.harm.append("the marked notification left no row, and no polled sample came through")
    elif look.polled_rows is None:
        case.unknown.append(NOT_COUNTED)
    else:
        case.harm.append("no polled sample came through since it started")


def _judge_answer(answer: ApiAnswer, release: str, case: Case) -> None:
    status, host = answer.status, answer.host
    answers = None if status is None else status == OK
    bad = f"{host} answered {status}" if status else f"{host} did not answer"
    case.require(answers, f"{host} answered 200", bad, f"{host} could not be asked")
    serves = None if answer.release is None else answer.release == release
    bad, unknown = f"{host} serves {answer.release}", f"what {host} serves cannot be told"
    case.require(serves, f"{host} serves {release}", bad, unknown)
