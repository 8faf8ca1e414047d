"""Rules about the message bus: reachable, and quiet enough for the migration."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info
from ceilift.plan import Action

WHY = "the database is best migrated while little is written to it"


def broker_unreachable(case: Case) -> Iterator[Finding]:
    """Without the broker's view no gate can tell that a component is stopped or consumes."""
    bus = case.situation.state.bus
    if case.is_empty or (bus is not None and bus.reachable):
        return
    words = (bus.problem if bus else "") or "it was not looked at"
    yield blocker(
        "broker-unreachable",
        f"the message bus could not be read: {words}",
        "inventory: message_bus",
        "gates prove by connections and queues that agents are stopped, and that they work",
        "Mend message_bus.management_url, user, password reference or `via` in the inventory",
    )


def busy(case: Case) -> Iterator[Finding]:
    """The cloud is busier than the operator's limits, or it could not be measured."""
    if Action.DBSYNC not in case.actions:
        return
    for name, rate, limit in _rates(case):
        if limit is not None and (rate is None or rate > limit):
            measured = "could not be measured" if rate is None else f"is {rate:.1f} a second"
            yield blocker(
                "busy",
                f"the {name} rate {measured}; the limit is {limit:g}",
                f"inventory: limits.{name}_rate",
                WHY,
                "Wait for a quieter hour, raise the limit, or --accept busy --reason TEXT",
                acceptable=True,
            )


def activity(case: Case) -> Iterator[Finding]:
    """What was measured, where it is not too much or no limit says what is."""
    if Action.DBSYNC not in case.actions:
        return
    for name, rate, limit in _rates(case):
        if rate is None or (limit is not None and rate > limit):
            continue
        what = f"the {name} rate is {rate:.1f} a second; "
        what += "no limit is set" if limit is None else f"the limit is {limit:g}"
        remedy = f"Set limits.{name}_rate to be warned" if limit is None else ""
        yield info("activity", what, f"inventory: limits.{name}_rate", WHY, remedy)


def _rates(case: Case) -> tuple[tuple[str, float | None, float | None], ...]:
    bus, database = case.situation.state.bus, case.situation.state.database
    limits = case.situation.inventory.limits
    return (
        ("publish", bus.publish_rate if bus else None, limits.publish_rate),
        ("insert", database.insert_rate if database else None, limits.insert_rate),
    )
