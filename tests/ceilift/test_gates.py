"""What each gate looks at: its own instance, its own connections, its own resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ceilift.account import Learned
from ceilift.bus import Consumer, Traffic
from ceilift.clock import now
from ceilift.errors import TransientError
from ceilift.gates import see_api, watch_for
from ceilift.gates.polling import due_resources, see_polling
from ceilift.gates.sight import Sight
from ceilift.plan import Gate, GateKind
from ceilift.planner import make_plan
from ceilift.remote.shell import Result
from ceilift.state import (
    BusConnection,
    CloudState,
    GroupState,
    HostState,
    Instance,
    QueueState,
    Sample,
)
from ceilift.telemetry.marked import METER, Marked
from ceilift.verdict import Outcome
from tests import clouds
from tests.fakes import FakeCloud, fake_ledger

ROLES = ("collector", "notification", "polling-central", "api")
INVENTORY = clouds.inventory({"ctl1": ROLES, "ctl2": ROLES})
RESOURCE = "192.0.2.7"
LEARNED = {("cpu", RESOURCE): Learned(10.0, configured=True)}
SCRIPTS = {
    "collector": "ceilometer-collector",
    "notification": "ceilometer-agent-notification",
    "polling": "ceilometer-polling",
}


@dataclass
class Bench:
    """A cloud at one release, and sights of the gates of its plan."""

    cloud: FakeCloud
    state: CloudState
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def observed(
        self, _connections: object, _inventory: object, _releases: object, names: Iterable[str]
    ) -> tuple[HostState, ...]:
        self.asked.append(tuple(names))
        return tuple(host for host in self.state.hosts if host.name in self.asked[-1])

    def sight(self, kind: GateKind, component: str = "", **changes: Any) -> Sight:  # noqa: ANN401
        before = clouds.all_at(INVENTORY, "8.1.5")
        plan = make_plan(INVENTORY, before, clouds.catalogue(), clouds.request(**changes))
        gate = next(g for g in plan.gates if g.kind is kind and g.stage == (component or g.stage))
        return Sight(
            self.cloud.as_cloud(), clouds.catalogue(), gate, ("8.1.5",), LEARNED, plan.request
        )

    def runs(
        self, release: str | None, change: Callable[[Instance], Instance] = lambda i: i
    ) -> None:
        """From now on everything runs this release, started a minute ago."""
        agents = clouds.agents_of(INVENTORY, release)
        started = now() - 60
        self.state = clouds.seen(INVENTORY, [change(replace(i, started=started)) for i in agents])

    def unreachable(self, name: str) -> None:
        hosts = tuple(
            HostState(name, reachable=False, problem="timed out") if host.name == name else host
            for host in self.state.hosts
        )
        self.state = replace(self.state, hosts=hosts)

    def connect(self, gate: Gate, queue: str = "", traffic: Traffic | None = None) -> None:
        """The gate's instance has a connection that reads that queue and has done so much."""
        script = SCRIPTS[gate.targets[0].component.value]
        broker = self.cloud.broker
        broker.clients = [BusConnection(script, 100, "192.0.2.1", "c1")]
        broker.readers = [Consumer(queue, "c1")]
        broker.counts = {"c1": traffic or Traffic()}

    def stored(self, meter: str, resource: str, at: float) -> None:
        assert self.cloud.samples is not None
        found = self.cloud.samples.samples
        found.append(Sample(meter, resource, at, at, f"m{len(found)}"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(FakeCloud(INVENTORY, fake_ledger(tmp_path)), clouds.all_at(INVENTORY, None))
    for module in ("sight", "api"):
        monkeypatch.setattr(f"ceilift.gates.{module}.observe_hosts", made.observed)
    yield made
    made.cloud.ledger.dispose()


def outcome(sight: Sight, looks: int = 1, *, expired: bool = True) -> Outcome:
    watch = watch_for(sight)
    for _ in range(looks):
        watch.look()
    return watch.judge(expired=expired).outcome


def test_stopped_is_proven_on_every_host_and_on_the_broker(bench: Bench) -> None:
    sight = bench.sight(GateKind.ALL_STOPPED, "collector")

    assert outcome(sight) is Outcome.HEALTHY
    assert bench.asked == [("ctl1", "ctl2")]


@pytest.mark.parametrize("script", ["ceilometer-collector"])
def test_a_connection_from_anywhere_is_not_stopped(bench: Bench, script: str) -> None:
    bench.cloud.broker.clients = [BusConnection(script, 1, "198.51.100.9", "c9")]

    assert outcome(bench.sight(GateKind.ALL_STOPPED, "collector")) is Outcome.UNHEALTHY


def test_a_consumer_that_hides_its_name_is_not_stopped(bench: Bench) -> None:
    bench.cloud.broker.depths = [QueueState("metering.sample", 0, 0, 1)]

    assert outcome(bench.sight(GateKind.ALL_STOPPED, "collector")) is Outcome.UNHEALTHY


def test_a_process_without_a_unit_is_not_stopped(bench: Bench) -> None:
    bench.runs("8.1.5", lambda i: replace(i, unit=""))

    assert outcome(bench.sight(GateKind.ALL_STOPPED, "collector")) is Outcome.UNHEALTHY


def test_a_host_that_cannot_be_read_leaves_stopped_open(bench: Bench) -> None:
    bench.unreachable("ctl2")

    assert outcome(bench.sight(GateKind.ALL_STOPPED, "collector")) is Outcome.INCONCLUSIVE


def test_a_host_set_aside_is_not_looked_at(bench: Bench) -> None:
    outcome(bench.sight(GateKind.ALL_STOPPED, "collector", without={"ctl2": "burnt"}))

    assert bench.asked == [("ctl1",)]


def test_a_collector_that_consumes_and_stores_is_healthy(bench: Bench) -> None:
    bench.runs("9.0.7")
    sight = bench.sight(GateKind.COLLECTOR)
    bench.connect(sight.gate, "metering.sample", Traffic(5, 0))
    watch = watch_for(sight)
    for backlog in (9, 3):
        bench.cloud.broker.depths = [QueueState("metering.sample", backlog, 0, 1)]
        bench.stored("cpu", RESOURCE, now())
        watch.look()

    assert watch.judge(expired=False).outcome is Outcome.HEALTHY


def test_another_ones_connection_proves_nothing(bench: Bench) -> None:
    bench.runs("9.0.7")
    sight = bench.sight(GateKind.COLLECTOR)
    bench.connect(sight.gate, "metering.sample", Traffic(5, 0))
    bench.cloud.broker.clients = [BusConnection("ceilometer-collector", 4711, "x", "c1")]

    assert outcome(sight) is Outcome.UNHEALTHY


def test_the_marked_row_counts_also_when_it_was_quicker_than_the_first_look(bench: Bench) -> None:
    bench.runs("9.0.7")
    sent = Marked("ceilift-probe-1", now())
    bench.stored(METER, sent.resource, now())
    sight = replace(bench.sight(GateKind.COLLECTOR), marked=sent)
    watch: Any = watch_for(sight)

    watch.look()

    assert watch.looks[-1].rows == 1


@pytest.mark.parametrize(
    ("kind", "queue"),
    [(GateKind.COLLECTOR, "metering.sample"), (GateKind.NOTIFICATION, "notifications.sample")],
)
def test_an_unreachable_host_is_unknown_and_no_harm(
    bench: Bench, kind: GateKind, queue: str
) -> None:
    bench.runs("9.0.7")
    sight = bench.sight(kind)
    bench.connect(sight.gate, queue, Traffic(5, 0))
    bench.unreachable(sight.target.host)
    watch: Any = watch_for(sight)

    watch.look()

    assert watch.looks[-1].running is None


@pytest.mark.parametrize(("release", "running"), [("9.0.7", True), ("8.1.5", False), (None, False)])
def test_only_the_gates_own_release_runs(
    bench: Bench, release: str | None, *, running: bool
) -> None:
    bench.runs(release)
    watch: Any = watch_for(bench.sight(GateKind.NOTIFICATION))

    watch.look()

    assert watch.looks[-1].running is running


@pytest.mark.parametrize(("found", "row"), [(True, True), (False, False)])
def test_the_marked_notification_proves_by_its_own_row(
    bench: Bench, *, found: bool, row: bool
) -> None:
    bench.runs("9.0.7")
    sent = Marked("ceilift-probe-1", now())
    bench.stored(METER, sent.resource if found else "ceilift-probe-2", now())
    watch: Any = watch_for(replace(bench.sight(GateKind.NOTIFICATION), marked=sent))

    watch.look()

    assert watch.looks[-1].probe_row is row


def test_without_a_marked_notification_its_row_is_no_question(bench: Bench) -> None:
    bench.runs("9.0.7")
    watch: Any = watch_for(bench.sight(GateKind.NOTIFICATION))

    watch.look()

    assert watch.looks[-1].probe_row is None


def resources_of(agent: Instance) -> tuple[str, ...]:
    return (f"snmp://{RESOURCE}:161",) if agent.host == "ctl1" else ()


def polls(bench: Bench) -> Sight:
    bench.runs(
        "9.0.7",
        lambda i: replace(i, config=replace(i.config, resources=resources_of(i))),
    )
    return bench.sight(GateKind.POLLING)


@pytest.mark.parametrize(("age_s", "verdict"), [(10, Outcome.HEALTHY), (120, Outcome.UNHEALTHY)])
def test_a_polling_agent_is_proven_by_samples_measured_after_its_start(
    bench: Bench, age_s: float, verdict: Outcome
) -> None:
    sight = polls(bench)
    bench.stored("cpu", RESOURCE, now() - age_s)

    assert due_resources(sight) == {RESOURCE}
    assert outcome(sight) is verdict


def test_without_a_poll_known_before_the_likely_name_of_each_resource_is_due(bench: Bench) -> None:
    sight = replace(polls(bench), learned={})
    bench.stored("cpu", RESOURCE, now() - 10)

    assert due_resources(sight) == {RESOURCE}
    assert outcome(sight) is Outcome.HEALTHY


def test_without_a_poll_known_before_it_is_said_what_could_not_be_counted(bench: Bench) -> None:
    bench.runs("9.0.7")
    sight = replace(bench.sight(GateKind.NOTIFICATION), learned={})
    bench.connect(sight.gate, "notifications.sample", Traffic(acknowledged=3))
    watch = watch_for(sight)
    watch.look()

    verdict = watch.judge(expired=True)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert any("no meter is known" in reason for reason in verdict.reasons)


def asking(bench: Bench, *meters: str, unit: str = "") -> Sight:
    """The gate of an agent that has to show these meters."""
    sight = polls(bench)
    gate = replace(sight.gate, meters=meters)
    if unit:
        bench.runs(
            "9.0.7",
            lambda i: replace(i, unit=unit, config=replace(i.config, resources=(RESOURCE,))),
        )
        gate = replace(gate, targets=(replace(gate.targets[0], unit=unit),))
    return replace(sight, gate=gate)


def test_an_agent_with_new_meters_is_proven_by_one_of_them(bench: Bench) -> None:
    sight = asking(bench, "memory", "never.there")
    bench.stored("cpu", RESOURCE, now() - 10)

    assert outcome(sight) is Outcome.UNHEALTHY
    bench.stored("memory", RESOURCE, now() - 10)
    assert outcome(sight) is Outcome.HEALTHY


def test_a_meter_that_came_before_its_start_has_to_come_again(bench: Bench) -> None:
    sight = asking(bench, "cpu", "memory")
    bench.stored("cpu", RESOURCE, now() - 10)
    bench.stored("memory", RESOURCE, now() - 70)

    assert outcome(sight) is Outcome.UNHEALTHY
    bench.stored("memory", RESOURCE, now() - 5)
    assert outcome(sight) is Outcome.HEALTHY


@pytest.mark.parametrize(("second", "verdict"), [(2, Outcome.UNHEALTHY), (10, Outcome.HEALTHY)])
def test_beside_an_old_agent_old_meters_must_not_come_twice(
    bench: Bench, second: float, verdict: Outcome
) -> None:
    sight = asking(bench, "memory", unit="ceilometer-polling-ceilift")
    bench.stored("memory", RESOURCE, now() - 5)
    bench.stored("cpu", RESOURCE, now() - 15)
    bench.stored("cpu", RESOURCE, now() - 15 + second)
    bench.connect(sight.gate, traffic=Traffic(published=3))

    assert outcome(sight) is verdict


def test_members_of_another_groups_prefix_are_not_counted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sight = polls(bench)
    bench.runs("9.0.7", lambda i: replace(i, config=replace(i.config, group_prefix="")))
    beside = [
        replace(one, unit="p-ceilift", config=replace(one.config, group_prefix="ceilift-new"))
        for one in bench.state.instances
        if one.component == "polling"
    ]
    hosts = tuple(
        replace(host, instances=(*host.instances, *(i for i in beside if i.host == host.name)))
        for host in bench.state.hosts
    )
    bench.state = replace(bench.state, hosts=hosts)
    live = (GroupState("central-a1", 1), GroupState("central-ceilift-new-a1", 2))
    monkeypatch.setattr("ceilift.gates.polling.live_groups", lambda *_: live)
    bench.cloud.coordination_url = ("redis://192.0.2.1", None)
    told = replace(sight, gate=replace(sight.gate, release="17.0.2"))

    look = see_polling(told, frozenset())

    assert (look.members, look.expected) == (1, 2)


def test_a_notification_about_its_resource_is_no_poll(bench: Bench) -> None:
    sight = polls(bench)
    bench.stored("image.size", RESOURCE, now())

    assert outcome(sight) is Outcome.UNHEALTHY


def test_a_polling_gate_does_not_begin_while_its_host_cannot_be_read(bench: Bench) -> None:
    sight = polls(bench)
    bench.unreachable(sight.target.host)

    with pytest.raises(TransientError, match="could not be read"):
        watch_for(sight)


def test_without_readable_samples_silence_does_not_pass(
    bench: Bench,
) -> None:
    sight = polls(bench)
    bench.cloud.samples = None

    assert outcome(sight) is not Outcome.HEALTHY


@pytest.mark.parametrize(
    ("printed", "status"), [("200\n", 200), ("503\n", 503), ("0\n", 0), ("", None), ("oops", None)]
)
def test_the_api_is_asked_on_its_own_host(bench: Bench, printed: str, status: int | None) -> None:
    bench.runs("9.0.7")
    shell = bench.cloud.connections.shell("ctl1")
    bench.cloud.connections.shell("ctl2").answer = Result(0, "200\n", "", 0.1)
    shell.answer = Result(0, printed, "", 0.1)
    shell.asked.clear()

    found = see_api(bench.sight(GateKind.API))

    answer = next(one for one in found.answers if one.host == "ctl1")
    assert (answer.status, answer.release) == (status, "9.0.7")
    assert shell.asked[0].args[0] == "/opt/ceilometer/9.0.7/bin/python"
    assert shell.asked[0].args[1].startswith("http://ctl1.example.net")


def test_an_api_host_that_cannot_be_reached_is_unknown(bench: Bench) -> None:
    bench.runs("9.0.7")
    bench.unreachable("ctl2")
    bench.cloud.connections.shell("ctl1").answer = Result(0, "200\n", "", 0.1)
    bench.cloud.connections.shell("ctl2").answer = TransientError("timed out", host="ctl2")

    found = see_api(bench.sight(GateKind.API))

    assert {(one.host, one.status, one.release) for one in found.answers} == {
        ("ctl1", 200, "9.0.7"),
        ("ctl2", None, None),
    }
