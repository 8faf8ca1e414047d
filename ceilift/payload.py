"""Whether new notification agents understand what old polling agents send (trap T1)."""

from __future__ import annotations

from ceilift.component import Component
from ceilift.release import Release
from ceilift.situation import Situation


def unheard(situation: Situation) -> tuple[Release, ...]:
    """The releases of old polling agents whose messages the target's notification agents lose."""
    required = set(situation.target.payload.requires.value)
    polling = [p for p in situation.places[Component.POLLING] if p.is_old(situation.target.version)]
    known = situation.catalogue.releases
    ran = sorted({place.ran or "" for place in polling})
    found = (known[name] for name in ran if name in known)
    return tuple(one for one in found if required - set(one.payload.sends.value))


def unheard_aside(situation: Situation) -> tuple[str, ...]:
    """Hosts set aside whose old polling agents go on sending what the target's agents lose."""
    required = set(situation.target.payload.requires.value)
    known = situation.catalogue.releases
    found = (
        one
        for one in situation.state.instances
        if one.component is Component.POLLING and one.host in situation.aside
    )
    sent = ((one.host, known.get(one.release or "")) for one in found)
    return tuple(host for host, one in sent if one and required - set(one.payload.sends.value))
