"""Judges a polling agent: by fresh samples of its resources, and by its own part in a group."""

from __future__ import annotations

from collections.abc import Sequence

from ceilift.looks import PollingLook
from ceilift.verdict import NOT_COUNTED, Case, Verdict, nothing_seen

SHOWN = 5  # names in one sentence


def judge_polling(
    looks: Sequence[PollingLook],
    *,
    due: frozenset[str] = frozenset(),
    alone: bool = True,
    stores_rows: bool = True,
    expired: bool,
) -> Verdict:
    """Fresh samples of every own resource in `due`, measured after its start.

    Where others may have polled these (not `alone`), it must have published something, too, or be
    a member to which the ring gave nothing (see _judge_share). With
    no own resources known: its connection has published, and fresh samples of its namespaces
    arrived (where samples can be read: `stores_rows`). An agent that has never polled is not
    healthy, however alive it is.
    """
    if not looks:
        return nothing_seen(expired=expired)
    look, case = looks[-1], Case()
    case.require(look.running, "it runs", "it does not run", "its host could not be read")
    if due and stores_rows:
        _judge_own_resources(look.fresh, due, case)
        if not alone:
            _judge_share(looks, due, case)
    else:
        _judge_publishing(look, case, stores_rows=stores_rows)
    if look.doubled:
        case.harm.append(f"{look.doubled} polls of the old meters came twice lately")
    elif look.doubled is not None:
        case.proofs.append("no poll of the old meters came twice lately")
    measured = {
        "doubled": look.doubled,
        "due": len(due),
        "fresh": None if look.fresh is None else len(look.fresh & due),
        "published": look.published,
        "namespace_rows": look.namespace_rows,
    }
    return case.verdict(measured, expired=expired)


def _judge_own_resources(fresh: frozenset[str] | None, due: frozenset[str], case: Case) -> None:
    if fresh is None:
        case.unknown.append("stored samples could not be read")
    elif missing := sorted(due - fresh):
        shown = ", ".join(missing[:SHOWN]) + (", ..." if len(missing) > SHOWN else "")
        of = f"{len(missing)} of its {len(due)} resources"
        case.harm.append(f"no fresh sample of {of}: {shown}")
    else:
        case.proofs.append(f"fresh samples of all its {len(due)} resources")


def _judge_share(looks: Sequence[PollingLook], due: frozenset[str], case: Case) -> None:
    """Its own part in a group: it published, or every resource is polled since it is a member.

    The ring may give a member nothing. Members know of it at their next tick, and from then on
    leave its share to it: a resource that was measured after it had joined is in nobody's share
    who does not poll.
    """
    joined = next((one.at for one in looks if _is_member(one)), None)
    if looks[-1].published or joined is None:
        _judge_published(looks[-1], case)
        return
    waiting = sorted(one for one in due if looks[-1].newest.get(one, 0.0) <= joined)
    if waiting:
        shown = ", ".join(waiting[:SHOWN]) + (", ..." if len(waiting) > SHOWN else "")
        case.harm.append(f"it published nothing, and since it joined nobody polled {shown}")
        return
    case.proofs.append(
        f"it is one of {looks[-1].members} live members of its group: none of its resources fell "
        "to it, and all are polled since it joined"
    )


def _is_member(look: PollingLook) -> bool:
    return bool(look.expected) and (look.members or 0) >= look.expected


def _judge_published(look: PollingLook, case: Case) -> None:
    published = None if look.published is None else look.published > 0
    good, bad = (
        f"it published {look.published} messages",
        "it has published nothing yet",
    )
    case.require(published, good, bad, "what it published could not be counted")


def _judge_publishing(look: PollingLook, case: Case, *, stores_rows: bool) -> None:
    _judge_published(look, case)
    if not stores_rows:
        return
    if look.namespace_rows is None:
        case.unknown.append(NOT_COUNTED)
    else:
        bad = "no fresh sample of its namespaces is stored"
        good = f"{look.namespace_rows} fresh samples of its namespaces"
        case.require(look.namespace_rows > 0, good, bad, "")
