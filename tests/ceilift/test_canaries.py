"""Secrets planted as canaries: in nothing that is said, kept or shown, whatever fails."""

from __future__ import annotations

import base64
import json
import pickle
import socket
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ceilift.cloud import Cloud
from ceilift.coordination import live_groups
from ceilift.database_dump import DumpTarget
from ceilift.database_login import Login as DatabaseLogin
from ceilift.database_rehearsal import RehearsalTarget
from ceilift.database_restore import RestoreTarget
from ceilift.errors import CeiliftError
from ceilift.inventory import Inventory
from ceilift.ledger.store import Ledger
from ceilift.plan_json import plan_to_json, state_to_json
from ceilift.plan_text import plan_to_markdown
from ceilift.planner import make_plan
from ceilift.probe import observe_hosts
from ceilift.remote.act import Actor
from ceilift.remote.shell import Result
from ceilift.secrets import EnvFileSecrets
from lab.canaries import Canary, Place, rows, sightings
from lab.ledger_server import ledger_server
from tests import clouds
from tests.fakes import FakeConnections, FakeShell, fake_ledger

from .ledger.conftest import BASELINE, PLAN

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

NAMES = ("database", "scratch", "broker", "ledger", "coordination", "token", "sudo", "key", "other")
CANARIES = {name: Canary(name, f"canary/{name}+1 two'three\"four") for name in NAMES}
WAYS: Mapping[str, Callable[[Cloud], object]] = {
    "database": lambda cloud: cloud.samples and cloud.samples.facts(),
    "production": lambda cloud: cloud.production_tables and cloud.production_tables.schema(),
    "scratch": lambda cloud: cloud.scratch_tables and cloud.scratch_tables.schema(),
    "broker": lambda cloud: cloud.broker.queues(),
    "ledger": lambda cloud: cloud.ledger.history("demo"),
    "coordination": lambda cloud: live_groups(*cloud.coordination_url or ("", None)),
    "host": lambda cloud: cloud.connections.shell("ctl1").run("true"),
}


def found_in(*texts: str) -> list[str]:
    places = [Place("text", str(number), text.encode()) for number, text in enumerate(texts)]
    return [canary.name for canary, _ in sightings(CANARIES.values(), places)]


def everything_said(error: BaseException) -> Iterator[str]:
    """What it is and what came before it, shown or not; and what is kept of a failed task."""
    yield from traceback.format_exception(error)
    yield f"{error} {error!r} {error.args}"
    if isinstance(error, CeiliftError):
        yield pickle.dumps(error, protocol=0).decode("latin-1")
    before = error.__cause__ or error.__context__
    if before is not None:
        yield from everything_said(before)


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port of loopback that is taken, and on which nobody listens."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def described(
    dead_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Inventory]:
    """A cloud that cannot be reached; every secret of it is planted."""
    for name, canary in CANARIES.items():
        monkeypatch.setenv(f"CANARY_{name.upper()}", canary.text)
    (tmp_path / "known_hosts").touch()
    secret = {name: {"env": f"CANARY_{name.upper()}"} for name in NAMES}
    here = f"127.0.0.1:{dead_port}"

    def make(scheme: str = "mysql+pymysql", **changes: object) -> Inventory:
        backup = {
            "policy": "dump+restore",
            "host": "ctl1",
            "folder": "/backup",
            "scratch": {"url": f"{scheme}://c@{here}/copy", "password": secret["scratch"]},
        }
        database = {**clouds.DATABASE, "url": f"{scheme}://c@{here}/x", "backup": backup}
        bus = {"management_url": f"http://{here}", "user": "u", "password": secret["broker"]}
        given: dict[str, Any] = {
            "database": {**database, "password": secret["database"]},
            "message_bus": bus,
            "coordination": {"url": f"redis://{here}", "password": secret["coordination"]},
            "ledger": f"postgresql+psycopg://c@{here}/ledger",
            "ledger_password": secret["ledger"],
            "ssh": {
                "user": "root",
                "port": dead_port,
                "key": secret["key"],
                "known_hosts": str(tmp_path / "known_hosts"),
                "become": {"password": secret["sudo"]},
            },
        }
        return clouds.inventory({"ctl1": ["collector"]}, **{**given, **changes})

    return make


@pytest.mark.parametrize("scheme", ["mysql+pymysql", "postgresql+psycopg"])
@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_fails_says_no_secret(
    way: str,
    scheme: str,
    described: Callable[..., Inventory],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ceilift.bus.wait_exponential", lambda **_: lambda _: 0)
    with Cloud(described(scheme), EnvFileSecrets()) as cloud:
        with pytest.raises(CeiliftError) as failed:
            WAYS[way](cloud)
        assert found_in(*everything_said(failed.value), repr(cloud)) == []


def test_a_token_that_is_refused_is_not_said(described: Callable[..., Inventory]) -> None:
    token = {
        "source": "ceilometer-api",
        "url": "http://127.0.0.1:1",
        "token": {"env": "CANARY_TOKEN"},
    }
    with Cloud(described(telemetry=token), EnvFileSecrets()) as cloud:
        samples = cloud.samples
        assert samples is not None
        samples._patience_s = 0  # type: ignore[attr-defined] # no wait between its tries
        with pytest.raises(CeiliftError) as failed:
            samples.facts()
        assert found_in(*everything_said(failed.value), repr(cloud)) == []


@pytest.mark.parametrize(
    "login",
    [{"user": "admin", "password": {"env": "CANARY_OTHER"}}, {"token": {"env": "CANARY_TOKEN"}}],
)
def test_a_login_of_gnocchi_is_not_said(
    described: Callable[..., Inventory], login: Mapping[str, object], dead_port: int
) -> None:
    section = {"url": f"http://127.0.0.1:{dead_port}", **login}
    with Cloud(described(gnocchi=section), EnvFileSecrets()) as cloud:
        found = cloud.gnocchi
        assert found is not None
        found._patience_s = 0  # no wait between its tries
        with pytest.raises(CeiliftError) as failed:
            found.look()
        assert found_in(*everything_said(failed.value), repr(cloud), repr(found)) == []


def test_a_ledger_that_refuses_the_password_does_not_say_it() -> None:
    wrong, right = CANARIES["other"].text, CANARIES["ledger"].text
    with ledger_server(right) as url:
        with pytest.raises(CeiliftError, match="password authentication failed") as failed:
            Ledger(url, wrong)
        ledger = Ledger(url, right)
        shown = (ledger.where, repr(ledger), *everything_said(failed.value))
        told = [place.content.decode() for place in rows(url, right)]
        ledger.dispose()
    assert found_in(*shown, *told) == []


def test_what_carries_a_password_does_not_show_it() -> None:
    text = CANARIES["database"].text
    shown = (
        DatabaseLogin("mysql://c@h/x", text),
        DumpTarget("mysql://c@h/x", text, "/backup", "x"),
        RehearsalTarget("mysql://c@h/x", text),
        RestoreTarget("mysql://c@h/x", text),
    )
    assert found_in(*map(repr, shown), *map(str, shown)) == []


CONFIG = """\
[DEFAULT]
transport_url = rabbit://c:{broker}@192.0.2.1:5672/
[database]
connection = mysql+pymysql://c:{database}@192.0.2.1/ceilometer
[coordination]
backend_url = redis://:{coordination}@192.0.2.1:6379
[publisher]
telemetry_secret = {token}
[service_credentials]
password = {other}
"""
POLLING = """\
sources: [{{name: a, interval: 60, meters: ['*'],
  resources: ['snmp://c:{scratch}@192.0.2.7', 'snmp://:{ledger}@192.0.2.8']}}]
"""
PIPELINE = """\
sources: [{{name: a, meters: ['*'], sinks: [b]}}]
sinks: [{{name: b, publishers: ['http://c:{key}@192.0.2.1/x?password={sudo}']}}]
"""


def test_what_is_seen_of_a_host_planned_and_kept_holds_no_secret_of_its_files() -> None:
    """Its configuration and pipelines are read whole, and hold every secret of the cloud."""
    planted = {name: canary.text for name, canary in CANARIES.items()}
    conf, quoted = CONFIG.format(**planted), _in_yaml(planted)
    pipeline, polling = PIPELINE.format(**quoted), POLLING.format(**quoted)
    folder, unit = "/opt/ceilometer/8.1.5", "ceilometer-agent-notification"
    command = f"{folder}/bin/{unit} --config-file /etc/ceilometer/ceilometer.conf"
    told = (
        "clock\t5000.0\nboot\t1000\t100\n"
        f"installed\t{folder}\tceilometer-8.1.5.dist-info\n"
        + _file(f"/etc/supervisor/conf.d/{unit}.conf", f"[program:{unit}]\ncommand={command}\n")
        + _file("/etc/ceilometer/ceilometer.conf", conf)
        + _file("/etc/ceilometer/pipeline.yaml", pipeline)
        + _file("/etc/ceilometer/event_pipeline.yaml", pipeline)
        + _file("/etc/ceilometer/polling.yaml", polling)
        + f"unit\t{unit}\tRUNNING\tpid 20\n"
        f"process\t20\tS 1 {'0 ' * 17}10000\t{folder}/lib/python3.11/site-packages\t{unit}: master "
        f"process [{command}]\n"
    )
    services = {"backend": "supervisor", "definition": "/etc/supervisor/conf.d/{unit}.conf"}
    cloud = clouds.inventory({"ctl1": ["notification"]}, services=services)
    connections = FakeConnections({"ctl1": FakeShell("ctl1", Result(0, told, "", 0.1))})
    hosts = observe_hosts(connections, cloud, ("8.1.5",))  # type: ignore[arg-type] # a fake
    [seen] = hosts[0].instances
    assert seen.config.pipeline_path
    assert seen.config.coordinated
    assert {*seen.config.resources} == {"snmp://***@192.0.2.7", "snmp://***@192.0.2.8"}
    state = replace(clouds.all_at(cloud, "8.1.5"), hosts=hosts)
    plan = make_plan(cloud, state, clouds.catalogue(), clouds.request())
    kept = (json.dumps(state_to_json(state)), json.dumps(plan_to_json(plan)))
    assert found_in(*kept, plan_to_markdown(plan), repr(state), repr(plan)) == []
    there = found_in(conf, *(json.dumps(yaml.safe_load(text)) for text in (pipeline, polling)))
    assert {*there} == {*NAMES}  # all of them were there to be kept


def _in_yaml(planted: Mapping[str, str]) -> dict[str, str]:
    return {name: text.replace("'", "''") for name, text in planted.items()}


def _file(name: str, text: str) -> str:
    return f"file\t{name}\t{base64.b64encode(text.encode()).decode()}\t950\n"


@pytest.mark.parametrize(
    "said",
    [
        "mysqldump: Got error: 1045: rabbit://c:{}@mq refused",
        "sqlalchemy.exc.OperationalError: (mysql+pymysql://c:{}@db/x)",
        "[publisher] telemetry_secret = {}",
        "{{'password': {!r}}}",
    ],
)
def test_what_a_host_says_is_kept_without_its_secrets(said: str, tmp_path: Path) -> None:
    ledger = fake_ledger(tmp_path)
    lease = ledger.leases.take("demo", "ann", 60)
    journal = ledger.start_run(ledger.begin(lease, PLAN, BASELINE), lease, "upgrade")
    canary = Canary("database", "canary-without-spaces/+'1")
    shell = FakeShell("ctl1", Result(1, "", said.format(canary.text), 0.1))
    actor = Actor(clouds.inventory({"ctl1": ["collector"]}), journal, lease.token)
    actor.act(shell, "database/backup", "dump to /backup", "true")
    ledger.dispose()
    kept = [*rows(f"sqlite:///{tmp_path}/ledger.db")]
    assert [place.name for place in kept if place.name == "outcomes" and place.content]
    assert sightings([canary], kept) == []
