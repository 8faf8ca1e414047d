"""A look at a cloud: each part as far as it answers, and what is usual there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.broker_alarms import Alarm, Alarms
from ceilift.cloud import Cloud
from ceilift.digest import digest
from ceilift.errors import BadInputError, CeiliftError, Fault, TransientError
from ceilift.host_files import IndexSeen
from ceilift.new_files import name_files
from ceilift.observe import (
    _with_wishes,
    observe_accounts,
    observe_bus,
    observe_database,
    observe_gnocchi,
    observe_groups,
    remember_activity,
    remember_turns,
    with_history,
    with_usual,
)
from ceilift.pipeline import read_pipelines
from ceilift.plan_files import FileKind
from ceilift.plan_json import instances_to_json, loads_from_json, loads_to_json
from ceilift.planner import make_plan
from ceilift.remote.shell import Result
from ceilift.secrets import EnvFileSecrets
from ceilift.state import BusState, CloudState, DatabaseState, HostState
from ceilift.stores import Account
from ceilift.telemetry.gnocchi import Gnocchi
from tests import clouds, golden
from tests.ceilift.past import begin
from tests.fakes import FakeBroker, FakeCloud, FakeStore, FakeTables, fake_ledger
from tests.gnocchi_server import GnocchiServer, serving

SHARING = clouds.inventory({"ctl1": ["notification"]}, wsgi=None, database=None, store="other")
INVENTORY = clouds.inventory({"ctl1": ["collector"]})
UNSET = BadInputError([Fault("secrets", "env BUS", "is not set", "Export BUS")])
AWAY = TransientError("did not answer")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[FakeCloud]:
    made = FakeCloud(INVENTORY, fake_ledger(tmp_path))
    yield made
    made.ledger.dispose()


def measured(publish: float | None, insert: float | None) -> CloudState:
    return CloudState(
        "test",
        "",
        bus=BusState(reachable=True, publish_rate=publish),
        database=DatabaseState(reachable=True, insert_rate=insert),
    )


def test_rates_are_measured_only_where_asked_for(cloud: FakeCloud) -> None:
    cloud.broker.rate, cloud.samples = 7.0, FakeStore(rate=9.0)

    assert observe_bus(cloud.as_cloud(), rates=True).publish_rate == 7.0
    assert observe_bus(cloud.as_cloud(), rates=False).publish_rate is None
    with_rate = observe_database(cloud.as_cloud(), rates=True)
    assert with_rate is not None
    assert with_rate.insert_rate == 9.0
    assert observe_database(cloud.as_cloud(), rates=False) == cloud.samples.state


@pytest.mark.parametrize("error", [AWAY, CeiliftError("refuses the login")])
def test_a_part_that_does_not_answer_is_unreachable_with_its_reason(
    cloud: FakeCloud, error: CeiliftError
) -> None:
    cloud.broker = FakeBroker(error=error)
    cloud.samples = FakeStore(error=error)

    bus = observe_bus(cloud.as_cloud(), rates=True)
    database = observe_database(cloud.as_cloud(), rates=True)

    assert (bus.reachable, bus.problem) == (False, str(error))
    assert database == DatabaseState(reachable=False, problem=str(error))


def test_alarms_are_looked_at_and_where_they_may_not_be_read_the_rest_is(cloud: FakeCloud) -> None:
    alarm = Alarm("disk", "rabbit@c1")
    cloud.broker = FakeBroker(raised=(alarm,))
    assert observe_bus(cloud.as_cloud(), rates=False).alarms == Alarms((alarm,))

    cloud.broker = FakeBroker(raised=CeiliftError("give it the tag monitoring"))
    seen = observe_bus(cloud.as_cloud(), rates=False)

    assert (seen.reachable, seen.alarms) == (True, Alarms(unread="give it the tag monitoring"))


def test_a_bad_secret_reference_is_bad_input_and_no_unreachable_part(cloud: FakeCloud) -> None:
    cloud.broker, cloud.samples = FakeBroker(error=UNSET), FakeStore(error=UNSET)

    with pytest.raises(BadInputError):
        observe_bus(cloud.as_cloud(), rates=False)
    with pytest.raises(BadInputError):
        observe_database(cloud.as_cloud(), rates=False)


def test_no_coordination_and_no_database_are_no_failure(cloud: FakeCloud) -> None:
    cloud.samples = None

    assert observe_groups(cloud.as_cloud()) == ()
    assert observe_database(cloud.as_cloud(), rates=True) is None


def test_the_accounts_of_both_databases_are_looked_at(cloud: FakeCloud) -> None:
    cloud.scratch_tables = FakeTables(ours=False)
    cloud.production_tables = FakeTables(error=AWAY)

    production, scratch = observe_accounts(cloud.as_cloud())

    assert production == Account("database", problem=str(AWAY))
    assert (scratch.use, scratch.is_taken, scratch.problem) == ("scratch", True, "")
    cloud.production_tables = FakeTables(error=UNSET)
    with pytest.raises(BadInputError):
        observe_accounts(cloud.as_cloud())


def test_without_a_database_there_is_no_account() -> None:
    with Cloud(SHARING, EnvFileSecrets()) as opened:
        assert observe_accounts(opened) == ()


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_gnocchi_is_looked_at_where_it_is_described(cloud: FakeCloud) -> None:
    assert observe_gnocchi(cloud.as_cloud(), rates=False) is None

    with serving(GnocchiServer(measures=[3, 4])) as server:
        cloud.gnocchi = Gnocchi(server.url, wait=lambda _: None)
        seen = observe_gnocchi(cloud.as_cloud(), rates=True)
        once = observe_gnocchi(cloud.as_cloud(), rates=False)

    assert seen is not None
    assert once is not None
    assert (seen.version, seen.measures, seen.later) == ("4.7.1", 3, 4)
    assert once.later is None
    cloud.gnocchi = Gnocchi(server.url, patience_s=0)
    gone = observe_gnocchi(cloud.as_cloud(), rates=False)
    assert gone is not None
    assert (gone.reachable, "does not answer" in gone.problem) == (False, True)


def test_what_is_usual_needs_five_measurements(cloud: FakeCloud) -> None:
    for rate in (10.0, 30.0, 20.0, 1000.0):
        remember_activity(cloud.as_cloud(), measured(rate, rate / 10))
    few = with_usual(cloud.as_cloud(), measured(5, 5))
    remember_activity(cloud.as_cloud(), measured(25.0, 2.5))
    enough = with_usual(cloud.as_cloud(), measured(5, 5))

    assert few == measured(5, 5)
    assert enough.bus is not None
    assert enough.database is not None
    assert (enough.bus.usual_publish_rate, enough.database.usual_insert_rate) == (25.0, 2.5)


def test_what_was_not_measured_is_not_remembered(cloud: FakeCloud) -> None:
    remember_activity(cloud.as_cloud(), measured(None, None))
    remember_activity(cloud.as_cloud(), CloudState("test", ""))
    remember_activity(
        cloud.as_cloud(), CloudState("test", "", bus=BusState(reachable=True, publish_rate=3))
    )

    assert cloud.ledger.median_activity("test").measurements == 1


def test_a_plan_that_was_shown_is_found_again_when_ticks_are_measured_anew(
    cloud: FakeCloud,
) -> None:
    described = golden.read(golden.FOLDER / "partial-one-group.yaml")
    shown, anew = described.planned(described.state), _late(described.state, "pol2", -0.5)
    remember_turns(cloud.as_cloud(), shown)
    kept = replace(anew, turns=cloud.ledger.turns(shown.cloud))

    assert described.planned(anew).hash != shown.hash
    assert described.planned(kept).hash == shown.hash
    assert kept.turns[0] == "ctl1/ceilometer-polling"


def _late(state: CloudState, host: str, seconds: float) -> CloudState:
    def moved(one: HostState) -> HostState:
        agents = (
            replace(agent, ticks=tuple(tick + seconds for tick in agent.ticks))
            for agent in one.instances
        )
        return replace(one, instances=tuple(agents)) if one.name == host else one

    return replace(state, hosts=tuple(moved(one) for one in state.hosts))


def test_a_cloud_without_a_database_has_no_usual_insert_rate(cloud: FakeCloud) -> None:
    for _ in range(5):
        remember_activity(cloud.as_cloud(), measured(1.0, 1.0))

    found = with_usual(cloud.as_cloud(), CloudState("test", ""))

    assert (found.bus, found.database) == (None, None)


def test_an_open_upgrade_brings_its_baseline_and_evidence(cloud: FakeCloud) -> None:
    baseline = clouds.agents_of(INVENTORY, "8.1.5")
    plan = json.dumps({"hash": "abc", "path": "full", "from": ["8.1.5"], "to": "9.0.7"})
    lease = cloud.ledger.leases.take("test", "me", 60)
    upgrade = cloud.ledger.begin(lease, plan, json.dumps(instances_to_json(baseline)))
    cloud.ledger.add_evidence(upgrade, "database/dbsync", "9.0.7", "now", "")

    found = with_history(cloud.as_cloud(), measured(1, 1))

    assert found.baseline == baseline
    assert [one.node for one in found.evidence] == ["database/dbsync"]


PIPES = """
sources: [{name: meters, meters: ["*"], sinks: [all]}]
sinks: [{name: all, publishers: [notifier://]}]
"""


def asked_of(cloud: FakeCloud, folder: Path, said: str) -> CloudState:
    """A look with a new pipeline that renames a sink; hosts answer the loader's question so."""
    new = folder / "new.yaml"
    new.write_text(PIPES.replace("all", "every"), encoding="utf-8")
    wanted = clouds.request(
        "9.0.7", path="partial", files=name_files({FileKind.PIPELINE: str(new)})
    )
    before = read_pipelines(PIPES, "sources: []\nsinks: []\n")
    agents = [
        replace(one, config=replace(one.config, workload_partitioning=True, pipelines=before))
        for one in clouds.agents_of(SHARING, "9.0.6")
    ]
    cloud.inventory = SHARING
    cloud.connections.shell("ctl1").answer = Result(0, said, "", 0.1)
    state = clouds.seen(SHARING, agents)
    return _with_wishes(cloud.as_cloud(), clouds.catalogue(), wanted, state)


INDEX = {"answers": False, "hosts": [], "problem": "it refuses the connection"}


@pytest.mark.parametrize(("listed", "there"), [("x.txt", False), ("", False), ("x.txt", True)])
def test_the_package_index_is_asked_for_where_we_are_still_to_install_the_target(
    cloud: FakeCloud, listed: str, *, there: bool
) -> None:
    install = INVENTORY.install.model_copy(update={"requirements": listed})
    cloud.inventory = INVENTORY.model_copy(update={"install": install})
    shell = cloud.connections.shell("ctl1")
    shell.answer = Result(0, f"ceilift-index {json.dumps(INDEX)}\n", "", 0.1)
    state = clouds.all_at(cloud.inventory, "8.1.5", installed=("9.0.7",) if there else ())

    found = _with_wishes(cloud.as_cloud(), clouds.catalogue(), clouds.request("9.0.7"), state)

    asked = listed != "" and not there
    seen = found.hosts[0].means.index
    assert len(shell.asked) == asked
    assert seen == (
        IndexSeen(answers=False, problem="it refuses the connection") if asked else None
    )


def test_an_old_release_is_asked_whether_it_loads_a_changed_pipeline(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    answer = {"fault": "no transformer x", "names": []}

    state = asked_of(cloud, tmp_path, f"ceilift-loader {json.dumps(answer)}\n")

    (seen,) = state.loads
    assert (seen.host, seen.release, seen.fault) == ("ctl1", "9.0.6", "no transformer x")
    assert seen.digests == (digest(PIPES.replace("all", "every")),)
    assert loads_from_json(loads_to_json(state.loads)) == state.loads


def test_a_release_that_gives_no_answer_is_unknown_and_not_fine(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    (seen,) = asked_of(cloud, tmp_path, "").loads

    assert seen.fault == ""
    assert "gave no answer" in seen.unknown


def test_a_rollback_sees_what_ran_before_the_upgrade_that_it_takes_back(cloud: FakeCloud) -> None:
    before = clouds.all_at(INVENTORY, "8.1.5")
    plan = make_plan(INVENTORY, before, clouds.catalogue(), clouds.request())
    begin(cloud.ledger, plan, before)

    found = with_history(cloud.as_cloud(), measured(1, 1), rollback=True)

    assert (found.former, found.left) == (before.instances, "9.0.7")
    assert (found.baseline, found.evidence) == ((), ())
