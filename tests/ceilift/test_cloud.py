"""The ways to one cloud: each opened once, whoever asks, and led through a tunnel where told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.cloud import Cloud
from ceilift.errors import BadInputError, TransientError
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import SecretRef
from ceilift.secrets import Secret
from tests import clouds
from tests.fakes import OK, FakeConnections, FakeShell

THREADS = 8


class FakeSecrets:
    """Every reference names the same secret; asked by several threads, they meet here."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self._meet = threading.Event()

    def get(self, ref: SecretRef) -> Secret:
        self.asked.append(ref.env)
        self._meet.wait(0.05)  # time for another thread to come in, if nothing keeps it out
        return Secret("hunter2")


def described(folder: Path, **changes: object) -> Inventory:
    return clouds.inventory(
        {"ctl1": ["collector"]}, ledger=f"sqlite:///{folder}/ledger.db", **changes
    )


def opened(inventory: Inventory, secrets: FakeSecrets | None = None) -> Cloud:
    cloud = Cloud(inventory, secrets or FakeSecrets())
    cloud.connections = FakeConnections()  # type: ignore[assignment]
    return cloud


@pytest.mark.parametrize("name", ["broker", "samples", "ledger", "coordination_url"])
def test_several_threads_get_the_same_and_open_it_once(tmp_path: Path, name: str) -> None:
    secret = {"env": "X"}
    database = {**clouds.DATABASE, "password": secret, "via": "ctl1"}
    database["backup"] = {"policy": "external", "snapshot": "nightly"}
    bus = {"management_url": "http://192.0.2.1", "user": "u", "password": secret, "via": "ctl1"}
    coordination = {"url": "redis://192.0.2.1", "password": secret, "via": "ctl1"}
    secrets = FakeSecrets()
    inventory = described(
        tmp_path,
        database=database,
        message_bus=bus,
        coordination=coordination,
    )
    with (
        opened(inventory, secrets) as cloud,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        found = list(pool.map(lambda _: getattr(cloud, name), range(THREADS)))

        assert len({id(one) for one in found}) == 1
        assert len(secrets.asked) == (name != "ledger")  # SQLite has no password
        assert len(cloud.connections.tunnels) == (name != "ledger")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("redis://192.0.2.1", 6379),
        ("rediss://192.0.2.1", 6379),
        ("redis://192.0.2.1:7000", 7000),
        ("postgresql+psycopg://u@192.0.2.1/x", 5432),
        ("mysql+pymysql://u@192.0.2.1/x", 3306),
        ("http://192.0.2.1", 80),
    ],
)
def test_a_tunnel_leads_to_the_port_of_the_url_or_the_usual_one(
    tmp_path: Path, url: str, port: int
) -> None:
    with opened(described(tmp_path, coordination={"url": url, "via": "ctl1"})) as cloud:
        found = cloud.coordination_url

        assert found is not None
        assert "127.0.0.1:40001" in found[0]
        assert cloud.connections.tunnels == [("ctl1", "192.0.2.1", port)]  # type: ignore[attr-defined]


def test_a_url_without_a_port_that_has_no_usual_one_is_a_fault(tmp_path: Path) -> None:
    inventory = described(tmp_path, coordination={"url": "etcd3://192.0.2.1", "via": "ctl1"})

    with opened(inventory) as cloud, pytest.raises(BadInputError, match="port"):
        _ = cloud.coordination_url


def test_the_copy_is_another_database_with_its_own_password_and_way(tmp_path: Path) -> None:
    scratch = {"url": "mysql://u@192.0.2.5/copy", "password": {"env": "COPY"}, "via": "ctl1"}
    backup = {"policy": "dump+restore", "host": "ctl1", "folder": "/b", "scratch": scratch}
    secrets = FakeSecrets()
    inventory = described(tmp_path, database={**clouds.DATABASE, "backup": backup})

    with opened(inventory, secrets) as cloud:
        assert cloud.scratch_tables is not cloud.production_tables
        assert cloud.scratch_tables is cloud.scratch_tables
        assert cloud.scratch_password == "hunter2"  # noqa: S105 - a test's
        assert cloud.connections.tunnels == [("ctl1", "192.0.2.5", 3306)]  # type: ignore[attr-defined]
    assert secrets.asked == ["COPY", "COPY"]


def test_what_a_cloud_does_not_have_is_none(tmp_path: Path) -> None:
    with opened(described(tmp_path, database=None)) as cloud:
        assert cloud.samples is None
        assert cloud.coordination_url is None
        assert cloud.gnocchi is None
        assert cloud.database_password is None
        assert cloud.production_tables is None
        assert cloud.scratch_tables is None
        assert cloud.scratch_password is None


def test_gnocchi_is_led_through_a_tunnel_and_asked_with_its_login(tmp_path: Path) -> None:
    section = {"url": "http://192.0.2.7:8041/metric", "user": "admin", "via": "ctl1"}
    secrets = FakeSecrets()

    with opened(described(tmp_path, gnocchi=section), secrets) as cloud:
        found = cloud.gnocchi

        assert found is cloud.gnocchi
        assert found is not None
        assert found._url == "http://127.0.0.1:40001/metric"
        assert cloud.connections.tunnels == [("ctl1", "192.0.2.7", 8041)]  # type: ignore[attr-defined]
    assert secrets.asked == []


def test_files_of_samples_are_read_on_every_notification_host(tmp_path: Path) -> None:
    hosts = [
        {"name": "ctl1", "address": "192.0.2.1", "roles": ["notification", "polling-central"]},
        {"name": "ctl2", "address": "192.0.2.2", "roles": ["notification"], "root": "/lab"},
        {"name": "pol1", "address": "192.0.2.3", "roles": ["polling-central"]},
    ]
    telemetry = {"source": "file", "path": "{root}/var/samples.log"}
    inventory = described(tmp_path, hosts=hosts, telemetry=telemetry, database=None)

    with opened(inventory) as cloud:
        shells = cloud.connections.shells  # type: ignore[attr-defined]
        shells["ctl1"] = FakeShell("ctl1", replace(OK, stdout="rows 2\nend\n"))
        shells["ctl2"] = FakeShell("ctl2", replace(OK, stdout="rows 3\nend\n"))
        store = cloud.samples

        assert store is not None
        assert store.rows_after(0) == 5
        paths = {name: shell.asked[0].args[1] for name, shell in shells.items()}
        assert paths == {"ctl1": "/var/samples.log", "ctl2": "/lab/var/samples.log"}


def test_files_of_a_host_set_aside_are_not_missed() -> None:
    telemetry = {"source": "file", "path": "/samples.log"}
    inventory = clouds.inventory({"ctl1": ["notification"]}, telemetry=telemetry, database=None)

    with Cloud(inventory, FakeSecrets(), ["ctl1"]) as cloud:
        cloud.connections = FakeConnections(  # type: ignore[assignment]
            {"ctl1": FakeShell("ctl1", TransientError("away", host="ctl1"))}
        )
        assert cloud.samples is not None
        assert cloud.samples.count(0, 1) == 0


def test_leaving_it_closes_the_databases(tmp_path: Path) -> None:
    with opened(described(tmp_path)) as cloud:
        ledger = cloud.ledger
        ledger.history("test")
        assert ledger._database is not None
        closed: list[str] = []
        cloud._open.callback(closed.append, "last in, first out")

    assert closed == ["last in, first out"]
