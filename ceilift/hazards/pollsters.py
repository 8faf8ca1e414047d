"""Rules about what a release brings and takes away of what polling agents poll."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.component import Component
from ceilift.constraints import Demand, constraints_of
from ceilift.finding import Finding
from ceilift.groups import shared_groups
from ceilift.hazards.case import Case, blocker, info, labels, several, warning
from ceilift.pollster_change import by_namespaces, group_change, old_sources
from ceilift.pollsters import lacks_login

SOURCE = "the releases' own loaders, matched with the polling files (Source.is_supported)"


def pollsters_unknown(case: Case) -> Iterator[Finding]:
    """Agents of one group must poll the same: what they load has to be known."""
    if not case.rolls(Component.POLLING):
        return
    for members in shared_groups(case.situation).values():
        change = group_change(case.situation, members)
        if not change.looked:
            yield warning(
                "pollsters-not-compared",
                "what the releases load was not asked, so whether the target has new pollsters is "
                "not known",
                labels(members),
                "a saved state holds no pollsters: only a look with a target asks for them",
                "Plan without --state before you approve",
            )
        elif change.unknown:
            yield blocker(
                "pollsters-unknown",
                f"what polling agents load cannot be told: {change.unknown}",
                labels(members),
                "new pollsters in an old group would be polled on the new agents' share alone "
                "(rolling procedure, step 4)",
                "Mend it, or add --stop-all polling",
                acceptable=True,
            )


def pollsters_new(case: Case) -> Iterator[Finding]:
    """New pollsters begin in a group of their own where old and new agents share resources."""
    if not case.rolls(Component.POLLING):
        return
    for one in constraints_of(case.situation, Demand.SEPARATE_GROUP, Component.POLLING):
        new = group_change(case.situation, one.places).new
        yield info(
            "pollsters-new",
            f"the target polls what the old release does not ({several(new)}): new agents begin "
            "with it beside the old ones, in a group of their own; all are merged at the end",
            labels(one.places),
            SOURCE,
        )


def pollsters_login(case: Case) -> Iterator[Finding]:
    """Files for the time before the merge are made of what was seen, and logins are not kept."""
    if not case.rolls(Component.POLLING):
        return
    for one in constraints_of(case.situation, Demand.SEPARATE_GROUP, Component.POLLING):
        bare = [place for place in one.places if any(map(lacks_login, old_sources(place)))]
        if bare:
            yield blocker(
                "pollsters-login",
                "new pollsters begin in a group of their own, which needs polling files made by "
                "Ceilift; static resources hold a login (snmp://USER:PASSWORD@HOST), and that is "
                "not kept: agents with such a file could not poll them",
                labels(bare),
                "what is seen of a host goes into state files, plans and the ledger",
                "Add --stop-all polling: then the hosts' own files stay",
            )


def pollsters_removed(case: Case) -> Iterator[Finding]:
    """A meter that no agent polls any more just stops, without a word in any log."""
    if not case.rolls(Component.POLLING):
        return
    for members in by_namespaces(case.situation):
        if removed := group_change(case.situation, members).removed:
            yield warning(
                "pollsters-removed",
                f"these meters are polled no more: {several(removed)}",
                labels(members),
                SOURCE,
                "See that nobody needs them; upgraded agents stop polling them one by one",
            )
