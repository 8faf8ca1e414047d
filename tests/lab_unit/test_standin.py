"""The cloud of stand-ins: what is read of it, and that the product takes it for a cloud."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from tempfile import TemporaryDirectory

import pytest

from ceilift.inventory_file import parse_inventory
from ceilift.ledger.store import Ledger
from lab.standin import records
from lab.standin.layout import inventory
from lab.standin.place import CLOUD, Standin
from lab.standin.programs.broker import Broker, Connection

PLAN = json.dumps({"path": "full", "from": ["9.0.6"], "to": "9.0.7", "hash": "abc"})


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    with TemporaryDirectory(prefix="ceilift-") as short:  # sockets are to lie in it
        monkeypatch.setenv("CEILIFT_LAB_DIR", short)
        found = Standin(1)
        found.lab.root.mkdir(parents=True)
        yield found


def test_its_inventory_is_one(standin: Standin) -> None:
    text = json.dumps(inventory(standin))

    found = parse_inventory(text, "inventory.yaml", folder=standin.lab.root)

    assert [host.name for host in found.hosts] == ["ctl1", "pol1"]
    assert found.telemetry.path == "{root}/var/lib/ceilometer/samples.log"


def test_clouds_side_by_side_share_no_address() -> None:
    one, other = ({host.ip for host in Standin(n).hosts} for n in (0, 1))

    assert one.isdisjoint(other)


def test_of_a_ledger_that_is_not_there_nothing_is_read(standin: Standin) -> None:
    assert (records.written(standin), records.is_open(standin)) == ((), False)
    assert not standin.lab.ledger.exists()


def test_intents_are_counted_by_node_and_host_and_end_with_their_outcome(standin: Standin) -> None:
    ledger = Ledger(f"sqlite:///{standin.lab.ledger}")
    lease = ledger.leases.take(CLOUD, "me", 60)
    upgrade = ledger.begin(lease, PLAN, "[]")
    journal = ledger.start_run(upgrade, lease, "upgrade")
    first, _open = (journal.intend("polling/stop/ctl1", "ctl1", "") for _ in range(2))
    journal.outcome(first, "done", "")
    ledger.add_evidence(upgrade, "database/dbsync", "9.0.7", "now", "")

    found = [(one.nth, one.status) for one in records.written(standin)]

    assert found == [(0, "done"), (1, "")]
    assert records.proven(standin) == {"database/dbsync"}
    assert records.is_open(standin)
    ledger.close(upgrade, "done")
    assert not records.is_open(standin)
    ledger.dispose()


def test_a_watched_ledger_shows_what_is_written_to_it_as_it_is_written(standin: Standin) -> None:
    with closing(records.Watched(standin)) as watched:
        assert watched.written() == ()  # there is no file yet
        ledger = Ledger(f"sqlite:///{standin.lab.ledger}")
        lease = ledger.leases.take(CLOUD, "me", 60)
        journal = ledger.start_run(ledger.begin(lease, PLAN, "[]"), lease, "upgrade")
        assert watched.written() == ()

        intent = journal.intend("polling/stop/ctl1", "ctl1", "")
        assert [one.status for one in watched.written()] == [""]
        journal.outcome(intent, "done", "")
        assert [one.status for one in watched.written()] == ["done"]

        assert watched.written() is watched.written()  # nobody wrote: nothing was read
        ledger.dispose()


def test_a_lease_that_was_aged_may_be_taken(standin: Standin) -> None:
    ledger = Ledger(f"sqlite:///{standin.lab.ledger}")
    ledger.leases.take(CLOUD, "the dead one", 60)

    assert records.is_held(standin)
    records.let_expire(standin)
    assert not records.is_held(standin)

    assert ledger.leases.take(CLOUD, "the next one", 60).owner == "the next one"
    ledger.dispose()


def test_what_was_done_is_counted_without_its_time(standin: Standin) -> None:
    lines = (
        "1.5\tctl1\tdump\n",
        "2.5\tctl1\tdump\n",
        "3\tpol1\tstarted ceilometer-polling 9.0.7\n",
    )
    standin.done.write_text("".join(lines), encoding="utf-8")

    assert records.done(standin) == Counter(
        {"ctl1 dump": 2, "pol1 started ceilometer-polling 9.0.7": 1}
    )


class Writer:
    """The broker's end of a connection: remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.sent.append(data)


def client(broker: Broker, name: str, queue: str = "") -> tuple[Connection, Writer]:
    writer = Writer()
    one = Connection(len(broker.connections), name, queue, writer)  # type: ignore[arg-type] # as one
    broker.join(one)
    return one, writer


def test_a_message_that_was_not_acknowledged_goes_to_another_consumer() -> None:
    broker = Broker()
    poller, _ = client(broker, "ceilometer-polling:1:a")
    first, heard = client(broker, "ceilometer-collector:2:b", "metering.sample")
    broker.heard(poller, {"publish": "metering.sample", "body": "x"})
    assert heard.sent == [b'{"body": "x"}\n']

    broker.left(first)
    second, heard = client(broker, "ceilometer-collector:3:c", "metering.sample")
    assert heard.sent == [b'{"body": "x"}\n']
    broker.heard(second, {"ack": ""})

    assert (poller.published, second.acknowledged, broker.depths()) == (
        1,
        1,
        {"metering.sample": 0},
    )
