"""What Ceilift sees of the real cloud: broker, database, coordination and API agree with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import text

from ceilift.account import Key, Learned, account, learn
from ceilift.bus import LAG_S, of_process
from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.coordination import live_groups
from ceilift.errors import CeiliftError, TransientError
from ceilift.inventory_file import load_inventory
from ceilift.secrets import EnvFileSecrets
from ceilift.telemetry.ceilometer_api import ApiSamples
from ceilift.telemetry.sql import SampleStore
from tests.lab.conftest import Fresh
from tests.lab.driving import Bench

pytestmark = pytest.mark.lab

INTERVAL_S = 10.0
METERS = ("hardware.cpu.load.1min", "hardware.memory.total")
TARGETS = 8
POLLS = 7
BACK_S = 45.0
QUEUES = ("metering.sample", "notifications.sample")
PROCESSES = ("ceilometer-collector", "ceilometer-agent-notification", "ceilometer-polling")


@pytest.fixture(scope="module")
def cloud(fresh: Fresh) -> Iterator[Cloud]:
    """The cloud under traffic, with enough polls behind it to learn their interval from."""
    bench = fresh()
    bench.lab("traffic", "start")
    with Cloud(load_inventory(bench.inventory), EnvFileSecrets()) as found:
        await_polls(found)
        yield found
    bench.lab("traffic", "stop")


def await_polls(cloud: Cloud) -> None:
    """Return when every series was polled for POLLS intervals and traffic ran for BACK_S seconds.

    Fails when that takes long.
    """
    deadline = now() + 3 * POLLS * INTERVAL_S
    while now() < deadline:
        assert cloud.samples is not None
        window = now() - (POLLS + 1) * INTERVAL_S
        counted = Counter(
            (item.meter, item.resource) for item in cloud.samples.events(window, now(), METERS)
        )
        polled = len(counted) == len(METERS) * TARGETS and min(counted.values()) >= POLLS
        if polled and cloud.samples.count(now() - BACK_S, now() - BACK_S + 5, {"image.size"}):
            return
        sleep(1)
    pytest.fail(f"not every target was polled {POLLS} times in a row")


@pytest.fixture(scope="module")
def samples(cloud: Cloud) -> SampleStore:
    assert isinstance(cloud.samples, SampleStore)
    return cloud.samples


def test_every_agent_is_told_by_its_connections(cloud: Cloud) -> None:
    connections, traffic = cloud.broker.connections(), cloud.broker.traffic()
    for process in PROCESSES:
        names = of_process(connections, process)
        pids = {item.pid for item in connections if item.name in names}
        assert len(pids) == len(
            [r for h in cloud.inventory.hosts for r in h.roles if r.unit_name == process]
        )
        assert sum(traffic[name].acknowledged + traffic[name].published for name in names) > 0


def test_each_collector_and_notification_agent_consumes_its_queue(cloud: Cloud) -> None:
    connections, consumers = cloud.broker.connections(), cloud.broker.consumers()
    for queue, process in (
        ("metering.sample", PROCESSES[0]),
        ("notifications.sample", PROCESSES[1]),
    ):
        reading = {item.connection for item in consumers if item.queue == queue}
        assert reading <= of_process(connections, process)
        depth = next(item for item in cloud.broker.queues() if item.name == queue)
        assert len(reading) == depth.consumers == 2


def test_rows_and_acknowledgements_grow_together(cloud: Cloud, samples: SampleStore) -> None:
    first, acknowledged = samples.newest_id(), cloud.broker.acknowledged("metering.sample")
    rate = samples.insert_rate(2 * INTERVAL_S)
    assert rate > 0
    assert samples.rows_after(first) >= rate * 2 * INTERVAL_S
    assert cloud.broker.acknowledged("metering.sample") > acknowledged
    published = cloud.broker.publish_rate(2 * INTERVAL_S)
    assert published is not None
    assert published > 0


def test_the_interval_is_learned_and_nothing_is_missed(samples: SampleStore) -> None:
    until = now() - LAG_S
    since = until - 6 * INTERVAL_S
    events = samples.events(since, until, METERS)
    learned = learn(events, [INTERVAL_S])
    assert learned == dict.fromkeys(expected_series(learned), Learned(INTERVAL_S, configured=True))
    found = account(events, learned, [], since=since, until=until)
    assert (found.missed, found.doubled, found.sent_twice) == (0, 0, 0)


def expected_series(learned: dict[Key, Learned]) -> list[Key]:
    resources = {resource for _, resource in learned}
    assert len(resources) == TARGETS
    return [(meter, resource) for meter in METERS for resource in resources]


def test_database_and_api_tell_the_same(cloud: Cloud, samples: SampleStore) -> None:
    address = cloud.inventory.host("ctl1").address
    api = ApiSamples(f"http://{address}:8777", page=50)
    until = now() - 2 * LAG_S
    by_api = api.events(until - 20, until)
    assert sorted(by_api, key=repr) == sorted(samples.events(until - 20, until), key=repr)
    assert len(by_api) > 50


def test_the_database_is_described_and_cannot_be_written(samples: SampleStore) -> None:
    facts = samples.facts()
    assert (facts.reachable, facts.backend) == (True, "mariadb")
    assert facts.size_bytes
    with pytest.raises(CeiliftError, match="READ ONLY"), samples._database.reading() as connection:
        connection.execute(text("UPDATE sample SET volume = 0 WHERE id = -1"))


def test_each_polling_agent_has_its_own_group(cloud: Cloud) -> None:
    found = cloud.coordination_url
    assert found is not None
    groups = {group.name: group for group in live_groups(*found)}
    for host in cloud.inventory.hosts:
        group = groups[f"central-{host.name}-global"]
        assert group.members + group.ghosts >= 1


def test_a_wrong_password_is_refused_in_words(cloud: Cloud) -> None:
    assert cloud.inventory.database is not None
    store = SampleStore(cloud.inventory.database.url, "wr0ng")
    with pytest.raises(CeiliftError, match="refuses: Access denied") as refused:
        store.newest_id()
    store.dispose()
    assert not isinstance(refused.value, TransientError)
    assert "wr0ng" not in str(refused.value)


def test_a_draft_of_undescribed_hosts_says_what_the_inventory_says(
    cloud: Cloud, bench: Bench, tmp_path: Path
) -> None:
    described, draft = cloud.inventory, tmp_path / "draft.yaml"
    ssh = described.ssh
    words = [f"{host.name}={host.address}" for host in described.hosts]
    words += ["--user", str(ssh.user), "--port", str(ssh.port), "--write", str(draft)]
    words += ["--key-file", str(ssh.key_file), "--known-hosts", str(ssh.known_hosts)]

    bench.ceilift_alone("inventory", "discover", *words, "--root", f"{bench.root}/hosts/{{name}}")

    found = load_inventory(draft)
    assert {host.name: set(host.roles) for host in found.hosts} == {
        host.name: set(host.roles) for host in described.hosts
    }
    assert (found.install, found.services, found.config) == (
        described.install,
        described.services,
        described.config,
    )
    assert found.database is not None
    assert described.database is not None
    assert found.database.url == described.database.url
    assert found.coordination == described.coordination
