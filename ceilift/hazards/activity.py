"""Rules about the message bus: reachable, taking messages, and quiet enough for the migration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ceilift.broker_alarms import Kind
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, several, warning
from ceilift.plan import Action

TOLERANCE = 1.5
WHY = "the database is best migrated while little is written to it"
MENDS: Mapping[Kind, str] = {
    "memory": "Let what waits there be read, or give it more memory: rabbitmqctl list_queues name "
    "messages memory, vm_memory_high_watermark",
    "disk": "Make room where it keeps its data, or lower the limit: disk_free_limit",
}


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


def alarm(case: Case) -> Iterator[Finding]:
    """An alarm is in force: whatever publishes waits, so no gate could see a fresh sample."""
    bus = case.situation.state.bus
    if case.is_empty or bus is None:
        return
    for kind, mend in MENDS.items():
        if nodes := sorted(one.node for one in bus.alarms.raised if one.kind == kind):
            yield blocker(
                "broker-alarm",
                f"the message bus has an alarm of its {kind} in force, and takes nothing from "
                "those who publish until it is over",
                several(nodes),
                "RabbitMQ blocks every connection that publishes, on all nodes, while one node has "
                "an alarm (GET /api/nodes: mem_alarm, disk_free_alarm)",
                f"{mend}; rabbitmq-diagnostics alarms tells when it is over",
            )


def alarms_unknown(case: Case) -> Iterator[Finding]:
    """The broker shows its queues, and not whether an alarm is in force."""
    bus = case.situation.state.bus
    if bus is not None and bus.alarms.unread and not case.is_empty:
        yield warning(
            "broker-alarms-unknown",
            f"whether the message bus has an alarm in force was not read: {bus.alarms.unread}",
            "inventory: message_bus",
            "while an alarm of memory or disk is in force the broker takes nothing from those who "
            "publish, and no gate could see a fresh sample",
            "Look at it: rabbitmq-diagnostics alarms; give the user the tag monitoring, which "
            "gates need, too: rabbitmqctl set_user_tags",
        )


def busy(case: Case) -> Iterator[Finding]:
    """The cloud is busier than the operator's limits, or it could not be measured.

    Without a limit, what is usual is the yardstick: the recorded median, TOLERANCE times.
    """
    if Action.DBSYNC not in case.actions:
        return
    for rate in _rates(case):
        if rate.limit is not None and (rate.now is None or rate.now > rate.limit):
            now = "could not be measured" if rate.now is None else f"is {rate.now:.1f} a second"
            yield _busy(rate.name, f"{now}; the limit is {rate.limit:g}", "raise the limit")
        elif rate.unusual:
            what = f"is {rate.now:.1f} a second, more than {TOLERANCE:g} times the usual"
            yield _busy(rate.name, f"{what} {rate.usual or 0:.1f}", f"set limits.{rate.name}_rate")


def activity(case: Case) -> Iterator[Finding]:
    """What was measured, where it is not too much or no limit says what is."""
    if Action.DBSYNC not in case.actions:
        return
    for rate in _rates(case):
        if rate.now is None or rate.unusual or (rate.limit is not None and rate.now > rate.limit):
            continue
        what = f"the {rate.name} rate is {rate.now:.1f} a second; {rate.yardstick}"
        remedy = f"Set limits.{rate.name}_rate to be warned" if rate.limit is None else ""
        yield info("activity", what, f"inventory: limits.{rate.name}_rate", WHY, remedy)


@dataclass(frozen=True, slots=True)
class _Rate:
    """One rate, all figures a second: now, the operator's limit, and what is usual."""

    name: str
    now: float | None
    limit: float | None
    usual: float | None

    @property
    def unusual(self) -> bool:
        """Whether it is well above what is usual here, with no limit to go by."""
        if self.limit is not None or self.usual is None or self.now is None:
            return False
        return self.now > TOLERANCE * self.usual

    @property
    def yardstick(self) -> str:
        if self.limit is not None:
            return f"the limit is {self.limit:g}"
        return "no limit is set" if self.usual is None else f"usual is {self.usual:.1f}"


def _rates(case: Case) -> tuple[_Rate, _Rate]:
    bus, database = case.situation.state.bus, case.situation.state.database
    limits = case.situation.inventory.limits
    published = (bus.publish_rate, bus.usual_publish_rate) if bus else (None, None)
    inserted = (database.insert_rate, database.usual_insert_rate) if database else (None, None)
    return (
        _Rate("publish", published[0], limits.publish_rate, published[1]),
        _Rate("insert", inserted[0], limits.insert_rate, inserted[1]),
    )


def _busy(name: str, what: str, mend: str) -> Finding:
    return blocker(
        "busy",
        f"the {name} rate {what}",
        f"inventory: limits.{name}_rate",
        WHY,
        f"Wait for a quieter hour, {mend}, or --accept busy --reason TEXT",
        acceptable=True,
    )
