"""T1: messages of old polling agents that new notification agents lose."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, several, warning
from ceilift.payload import unheard, unheard_aside
from ceilift.plan import Action


def polling_first(case: Case) -> Iterator[Finding]:
    """T1: polling goes before notification, or every polled sample is lost until it has gone."""
    old = unheard(case.situation)
    starts = {t.component for s in case.plan.steps if s.action is Action.START for t in s.targets}
    if not old or Component.NOTIFICATION not in starts:
        return
    target = case.situation.target
    what = (
        f"notification agents of {case.to} lose every polled sample of "
        f"{several(one.version for one in old)}: they want the fields "
        f"{several(target.payload.requires.value)}"
    )
    names = [stage.name for stage in case.plan.stages]
    first = names.index("notification")
    if Component.POLLING in starts and ("polling" not in names or names.index("polling") > first):
        yield blocker(
            "T1",
            f"{what}; the order asked for starts them first",
            "command line: --order",
            target.payload.requires.source,
            "Put polling before notification, or leave --order out",
        )
    elif Component.POLLING not in starts and _old_polls(case):
        yield blocker(
            "T1",
            f"{what}; and old polling agents go on",
            "command line: --only",
            target.payload.requires.source,
            "Take polling with it, or upgrade polling agents before",
        )
    else:
        yield warning(
            "T1",
            f"{what}; so polling agents go before notification agents, not after them as advised",
            "the order of stages",
            target.payload.requires.source,
            "Nothing to do: the plan has this order",
        )


def polling_aside(case: Case) -> Iterator[Finding]:
    """T1: a host set aside goes on sending what new notification agents lose."""
    starts = {t.component for s in case.plan.steps if s.action is Action.START for t in s.targets}
    hosts = unheard_aside(case.situation)
    if hosts and Component.NOTIFICATION in starts:
        yield blocker(
            "T1",
            f"old polling agents on hosts set aside go on, and notification agents of {case.to} "
            "lose every sample that they send",
            several(hosts),
            case.situation.target.payload.requires.source,
            "Stop the polling agents there first, or bring the hosts back",
        )


def _old_polls(case: Case) -> bool:
    places = case.situation.places[Component.POLLING]
    return any(p.now is not None and p.now.running and p.now.release != case.to for p in places)
