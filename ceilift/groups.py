"""Which polling agents share a coordination group, and so the resources they poll.

A group's name is made of the sorted namespaces, the prefix, and for static resources their set
(ceilometer/agent/manager.py and polling/manager.py, construct_group_id). Agents of one group share
its resources; an agent alone in its group polls all of them, as does one that does not coordinate.
"""

from __future__ import annotations

from collections.abc import Mapping

from ceilift.component import Component
from ceilift.situation import Place, Situation

Name = tuple[frozenset[str], str, frozenset[str]]
LOCAL = frozenset({"compute", "ipmi"})  # their discoveries see their own host alone


def group_of(place: Place) -> Name | None:
    """The group of a place's agent; None where nothing of it can be shared.

    As it was before the upgrade: meanwhile an agent may read a polling file of ours.
    """
    seen = place.before or place.now
    config = None if seen is None else seen.config
    if config is None or not config.coordinated:
        return None
    if not config.resources and frozenset(place.namespaces) <= LOCAL:
        return None
    return frozenset(place.namespaces), config.group_prefix, frozenset(config.resources)


def shared_groups(situation: Situation) -> Mapping[Name, tuple[Place, ...]]:
    """The groups that two polling agents or more have in common, in the inventory's order.

    Where a group's name holds Python's hash of its static resources and the seed is not fixed,
    every agent is alone in a group of its own (trap T9).
    """
    found: dict[Name, tuple[Place, ...]] = {}
    for place in situation.wanted(Component.POLLING):
        name = group_of(place)
        if name is not None and not (name[2] and _is_unstable(situation, place)):
            found[name] = (*found.get(name, ()), place)
    return {name: members for name, members in found.items() if len(members) > 1}


def _is_unstable(situation: Situation, place: Place) -> bool:
    seen = place.before or place.now
    hashed = situation.target.polling.static_group_hash.value
    return hashed and seen is not None and not seen.config.hash_seed_fixed
