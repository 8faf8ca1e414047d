"""Judges whether notification agents have a pipeline, and whether queues are empty.

See `ceilift.health` for what every judge promises.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ceilift.looks import AgentLook, DrainLook, PipelineLook
from ceilift.verdict import Case, Verdict, nothing_seen

FEW = 3
LAG_S = 5.0  # the broker counts anew only so often


def judge_pipeline(looks: Sequence[PipelineLook], *, expired: bool) -> Verdict:
    """Every agent runs, has loaded its pipeline and consumes; every queue of its pipes is read.

    By the last look. Which agent reads which queue is the agents' own affair: one of many may
    have none of them.
    """
    if not looks:
        return nothing_seen(expired=expired)
    look, case = looks[-1], Case()
    for agent in look.agents:
        _judge_agent(agent, case)
    read = frozenset[str]().union(*(agent.queues for agent in look.agents))
    unread = sorted(look.wanted - read)
    every = f"every one of {len(look.wanted)} queues is read"
    nobody = f"nobody of them reads {_some(unread)}"
    all_read = not unread if look.wanted else None
    case.require(all_read, every, nobody, "which queues there are is not known")
    shares = {agent.host: len(agent.queues & look.wanted) for agent in look.agents}
    return case.verdict({"queues": len(look.wanted), **shares}, expired=expired)


def judge_drained(looks: Sequence[DrainLook], *, expired: bool) -> Verdict:
    """No message in any of them, for longer than the broker takes to count anew."""
    if not looks:
        return nothing_seen(expired=expired)
    look, case = looks[-1], Case()
    left = _left(look)
    since = _empty_since(looks)
    empty = None if left is None else since is not None and look.at - since > LAG_S
    bad = f"{_some(sorted(left))} still hold messages" if left else "they were not empty for long"
    good, unknown = "the queues stayed empty", "what is in them could not be told"
    case.require(empty, good, bad, unknown)
    return case.verdict({"messages": None if left is None else sum(left.values())}, expired=expired)


def judge_heard(looks: Sequence[DrainLook], *, expired: bool) -> Verdict:
    """The queues were empty once, by a count made since the first look.

    What came meanwhile came after what was to be read. The broker counts anew only so often, so a
    count is newer than the first look only after that time.
    """
    if not looks:
        return nothing_seen(expired=expired)
    case, begun = Case(), looks[0].at
    later = [look for look in looks if look.at - begun > LAG_S]
    known = [left for look in later if (left := _left(look)) is not None]
    empty = any(not left for left in known) if known else None
    good, bad = "all of it was read", "what was sent before is not read yet"
    case.require(empty, good, bad, "what is in the queue could not be told")
    last = known[-1] if known else None
    return case.verdict({"messages": None if last is None else sum(last.values())}, expired=expired)


def _judge_agent(agent: AgentLook, case: Case) -> None:
    host, unread = agent.host, f"{agent.host} could not be read"
    case.require(agent.running, f"it runs on {host}", f"it does not run on {host}", unread)
    loaded = f"{host} has loaded its pipeline"
    case.require(agent.loaded, loaded, f"{host} has not loaded the new files", unread)
    reads = None if agent.running is None else bool(agent.queues)
    case.require(reads, f"{host} consumes", f"{host} consumes nothing", unread)


def _left(look: DrainLook) -> dict[str, int] | None:
    if look.messages is None:
        return None
    return {queue: count for queue, count in look.messages.items() if count}


def _empty_since(looks: Sequence[DrainLook]) -> float | None:
    """When the looks began that, up to the last, saw nothing in any queue."""
    since: float | None = None
    for look in reversed(looks):
        if _left(look) != {}:
            break
        since = look.at
    return since


def _some(names: Iterable[str]) -> str:
    each = list(names)
    more = f" and {len(each) - FEW} more" if len(each) > FEW else ""
    return ", ".join(each[:FEW]) + more
