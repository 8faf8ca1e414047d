"""What gates about pipelines see: files, processes and readers of the very agents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ceilift.bus import Consumer
from ceilift.component import Component
from ceilift.gates import watch_for
from ceilift.gates.sight import Sight
from ceilift.pipeline import Pipelines
from ceilift.plan import Gate, GateKind, Target
from ceilift.plan_files import FileKind, NewFile
from ceilift.remote.shell import Result
from ceilift.state import BusConnection, CloudState, HostState, Instance, QueueState
from ceilift.verdict import Outcome
from tests import clouds
from tests.fakes import FakeCloud, fake_ledger

INVENTORY = clouds.inventory({"ctl1": ["notification"], "ctl2": ["notification"]})
UNIT = "ceilometer-agent-notification"
DRAIN = f"{UNIT}-drain-ceilift"
FILE = NewFile(FileKind.PIPELINE, "new.yaml", "d1")
STARTED = 1000.0
QUEUES = tuple(f"ceilometer-pipe-meters:all-{n}.sample" for n in (0, 1))


def agent(host: str, pid: int, unit: str = UNIT) -> Instance:
    made = clouds.agent("notification", host, "9.0.6", unit=unit, pids=(pid,), started=STARTED)
    config = replace(
        made.config,
        pipeline_digest="d1",
        pipeline_path="/etc/ceilometer/pipeline.yaml",
        pipelines=Pipelines(processing_queues=2),
    )
    return replace(made, config=config)


@dataclass
class Bench:
    """Two old agents that share work, and what the broker knows of them."""

    cloud: FakeCloud
    state: CloudState

    def observed(
        self, _connections: object, _inventory: object, _releases: object, names: Iterable[str]
    ) -> tuple[HostState, ...]:
        return tuple(host for host in self.state.hosts if host.name in set(names))

    def outcome(self, kind: GateKind, *targets: tuple[str, str], looks: int = 1) -> Outcome:
        chosen = tuple(Target(Component.NOTIFICATION, host, unit) for host, unit in targets)
        gate = Gate("g", "notification", kind, chosen, "9.0.6", (), "", 1.0, pipes=("meters:all",))
        asked = clouds.request("9.0.7", path="partial", files=(FILE,))
        known = clouds.catalogue()
        watch = watch_for(Sight(self.cloud.as_cloud(), known, gate, ("9.0.6",), {}, asked))
        for _ in range(looks):
            watch.look()
        return watch.judge(expired=True).outcome

    def pipeline(self) -> Outcome:
        return self.outcome(GateKind.PIPELINE, ("ctl1", UNIT), ("ctl2", UNIT))

    def written(self, moment: float) -> None:
        for host in ("ctl1", "ctl2"):
            self.cloud.connections.shell(host).answer = Result(0, f"{moment}\n", "", 0.1)

    def change(self, host: str, changed: Instance) -> None:
        hosts = (
            replace(one, instances=(changed,)) if one.name == host else one
            for one in self.state.hosts
        )
        self.state = replace(self.state, hosts=tuple(hosts))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    state = clouds.seen(INVENTORY, [agent("ctl1", 1), agent("ctl2", 2)])
    made = Bench(FakeCloud(INVENTORY, fake_ledger(tmp_path)), state)
    monkeypatch.setattr("ceilift.gates.sight.observe_hosts", made.observed)
    broker = made.cloud.broker
    broker.clients = [BusConnection(UNIT, pid, "192.0.2.1", f"c{pid}") for pid in (1, 2)]
    broker.readers = [Consumer(QUEUES[0], "c1"), Consumer(QUEUES[1], "c2")]
    made.written(STARTED - 10)
    yield made
    made.cloud.ledger.dispose()


def test_agents_started_after_their_file_was_written_that_read_all_are_proven(
    bench: Bench,
) -> None:
    assert bench.pipeline() is Outcome.HEALTHY


def test_a_process_older_than_its_file_has_not_loaded_it(bench: Bench) -> None:
    bench.written(STARTED + 10)

    assert bench.pipeline() is Outcome.UNHEALTHY


def test_another_file_than_the_one_given_is_not_it(bench: Bench) -> None:
    one = agent("ctl2", 2)
    bench.change("ctl2", replace(one, config=replace(one.config, pipeline_digest="other")))

    assert bench.pipeline() is Outcome.UNHEALTHY


def test_a_queue_that_a_stranger_reads_is_not_read_by_them(bench: Bench) -> None:
    bench.cloud.broker.readers = [Consumer(QUEUES[0], "c1"), Consumer(QUEUES[1], "c9")]

    assert bench.pipeline() is Outcome.UNHEALTHY


def test_an_agent_that_is_gone_or_unseen_proves_nothing(bench: Bench) -> None:
    bench.change("ctl2", replace(agent("ctl2", 2), release=None, pids=()))
    assert bench.pipeline() is Outcome.UNHEALTHY

    hosts = (
        HostState("ctl2", reachable=False) if h.name == "ctl2" else h for h in bench.state.hosts
    )
    bench.state = replace(bench.state, hosts=tuple(hosts))
    bench.cloud.broker.readers = [Consumer(queue, "c1") for queue in QUEUES]
    assert bench.pipeline() is Outcome.INCONCLUSIVE


def test_the_one_that_drains_reads_all_of_the_queues_whatever_its_file(bench: Bench) -> None:
    one = agent("ctl1", 1, DRAIN)
    bench.change("ctl1", replace(one, config=replace(one.config, pipeline_digest="former")))
    assert bench.outcome(GateKind.PIPELINE, ("ctl1", DRAIN)) is Outcome.UNHEALTHY

    bench.cloud.broker.readers = [Consumer(queue, "c1") for queue in QUEUES]
    assert bench.outcome(GateKind.PIPELINE, ("ctl1", DRAIN)) is Outcome.HEALTHY


def test_queues_are_drained_when_nothing_is_ready_and_nothing_on_its_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.change("ctl1", agent("ctl1", 1, DRAIN))
    moments = iter(float(n) for n in range(0, 1000, 10))
    monkeypatch.setattr("ceilift.gates.pipeline.now", lambda: next(moments))
    drained = (GateKind.DRAINED, ("ctl1", DRAIN))

    bench.cloud.broker.depths = [QueueState("metering.sample", 9, 9, 1)]
    assert bench.outcome(*drained, looks=2) is Outcome.HEALTHY
    for left in (QueueState(QUEUES[1], 1, 0, 1), QueueState(QUEUES[1], 0, 1, 1)):
        bench.cloud.broker.depths = [left]
        assert bench.outcome(*drained, looks=2) is Outcome.UNHEALTHY


def test_without_the_one_that_drains_nobody_knows_which_queues(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(float(n) for n in range(0, 1000, 10))
    monkeypatch.setattr("ceilift.gates.pipeline.now", lambda: next(moments))

    drained = bench.outcome(GateKind.DRAINED, ("ctl1", DRAIN), looks=2)

    assert drained is Outcome.INCONCLUSIVE


def test_what_polling_agents_sent_is_looked_for_in_their_queue_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(float(n) for n in range(0, 1000, 10))
    monkeypatch.setattr("ceilift.gates.pipeline.now", lambda: next(moments))
    heard = (GateKind.HEARD, ("ctl1", UNIT))

    bench.cloud.broker.depths = [QueueState(QUEUES[1], 9, 9, 1)]
    assert bench.outcome(*heard, looks=2) is Outcome.HEALTHY
    bench.cloud.broker.depths = [QueueState("notifications.sample", 0, 1, 1)]
    assert bench.outcome(*heard, looks=2) is Outcome.UNHEALTHY
