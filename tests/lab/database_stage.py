"""The database stage on a real server: this machine is the host, the tasks are the product's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import insert, text

from ceilift.cloud import Cloud
from ceilift.dump_look import restorable
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import SecretRef
from ceilift.ledger.store import Ledger
from ceilift.plan import Plan, Request
from ceilift.planner import make_plan
from ceilift.remote.shell import Shell
from ceilift.secrets import Secret
from ceilift.state import CloudState, Evidence, Restart
from ceilift.telemetry.schema import metadata, meter, resource, sample
from ceilift.undone import Undone, undone_upgrade
from lab.database_servers import PASSWORD, PASSWORD_QUOTED, PrivateServer
from tasks import database, restoring, scratch
from tasks.carry_out import carry_out
from tasks.lease import held
from tasks.run import Consent, recorded_run
from tasks.session import CURRENT, Session
from tests import clouds
from tests.fakes import FakeProgress
from tests.local_shell import LocalShell

WORK = {
    "database/backup": database._backup,
    "database/verify-backup": scratch._verify,
    "database/rehearse": scratch._rehearse,
    "database/dbsync": database._dbsync,
    "database/save": restoring._save,
    "database/restore": restoring._restore,
}
STOPPED = ("stop-collector/ctl1", "no-collector")  # before the database is saved
MIGRATION = '''#!{python}
"""Stands for ceilometer-upgrade: of its configuration files the last wins, as in oslo.config."""
import configparser, sys
from pathlib import Path
from sqlalchemy import create_engine, text

config = configparser.RawConfigParser()
files = [sys.argv[i + 1] for i, word in enumerate(sys.argv) if word == "--config-file"]
config.read(files)
url = config.get("database", "metering_connection", fallback="") or config.get(
    "database", "connection"
)
url = url.replace("postgresql://", "postgresql+psycopg://")
with create_engine(url).begin() as connection:
    for statement in Path("{statements}").read_text().splitlines():
        connection.execute(text(statement))
'''


class Passwords:
    """Every reference names the databases' password."""

    def get(self, _ref: SecretRef) -> Secret:
        return Secret(PASSWORD)


@dataclass
class Here:
    """This machine in place of every host."""

    environment: dict[str, str] = field(default_factory=dict)

    def shell(self, name: str) -> Shell:
        return LocalShell(name, self.environment)


@dataclass
class DatabaseStage:
    """One server with production and a scratch database, and upgrades of it."""

    server: PrivateServer
    root: Path
    here: Here = field(default_factory=Here)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("ceilometer", "scratch"):
            self.server.create(name)
        self.program = self.root / "opt/ceilometer/9.0.7/bin/ceilometer-upgrade"
        self.program.parent.mkdir(parents=True)
        made = MIGRATION.format(python=sys.executable, statements=self.root / "migration")
        self.program.write_text(made)
        self.program.chmod(0o755)
        self.migration("ALTER TABLE meter ADD COLUMN unit VARCHAR(255)")
        self.config = self.root / "etc/ceilometer/ceilometer.conf"
        self.config.parent.mkdir(parents=True)
        login = f"ceilometer:{PASSWORD_QUOTED}@127.0.0.1:{self.server.port}/ceilometer"
        scheme = self.server.scheme.replace("+psycopg", "")
        self.config.write_text(f"[DEFAULT]\n[database]\nconnection = {scheme}://{login}\n")

    @property
    def backups(self) -> list[Path]:
        return sorted((self.root / "backups").glob("*")) if (self.root / "backups").exists() else []

    def migration(self, *statements: str) -> None:
        """What the target's migration does from now on."""
        (self.root / "migration").write_text("\n".join(statements))

    def fill(self, samples: int) -> None:
        """Ceilometer's own three tables, with so many samples."""
        engine = self.server.engine("ceilometer")
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(insert(meter).values(name="cpu"))
            connection.execute(insert(resource).values(resource_id="it's \\ a résource\n"))
            rows = [
                {"meter_id": 1, "resource_id": 1, "timestamp": 1.7e9 + n, "message_id": f"m{n}"}
                for n in range(samples)
            ]
            connection.execute(insert(sample), rows)

    def sql(
        self, statement: str, name: str = "ceilometer", *, as_root: bool = False
    ) -> list[tuple[object, ...]]:
        if as_root:
            self.server.admin(statement)
            return []
        with self.server.engine(name).begin() as connection:
            done = connection.execute(text(statement))
            return [tuple(row) for row in done] if done.returns_rows else []

    def inventory(self, **backup: object) -> Inventory:
        secret = {"env": "PASSWORD"}
        section = {
            "url": self.server.url("ceilometer"),
            "password": secret,
            "dbsync_timeout_s": 300,
            "backup": {
                "policy": "dump+restore",
                "host": "ctl1",
                "folder": str(self.root / "backups"),
                "scratch": {"url": self.server.url("scratch"), "password": secret},
                **backup,
            },
        }
        host = {"name": "ctl1", "address": "ctl1.example.net", "root": str(self.root)}
        return clouds.inventory(
            {"ctl1": ["collector"]},
            hosts=[{**host, "roles": ["collector"]}],
            database=section,
            ledger=f"sqlite:///{self.root}/ledger.db",
            wsgi=None,
            install={"path": "{root}/opt/ceilometer/{release}"},
        )

    @contextmanager
    def upgrade(
        self,
        inventory: Inventory | None = None,
        passwords: Passwords | None = None,
        **asked: clouds.Field,
    ) -> Iterator[Upgrade]:
        """An upgrade begun, or gone on with when it was begun before."""
        chosen = inventory or self.inventory()
        with ExitStack() as stack:
            cloud = stack.enter_context(Cloud(chosen, passwords or Passwords()))
            cloud.connections = self.here  # type: ignore[assignment]
            made = _opened(cloud, stack, asked)
            yield made
            self.told += made.progress.notes

    @contextmanager
    def rollback(self, inventory: Inventory | None = None) -> Iterator[Upgrade]:
        """The way back with the database, begun or gone on with; its agents are down."""
        with ExitStack() as stack:
            cloud = stack.enter_context(Cloud(inventory or self.inventory(), Passwords()))
            cloud.connections = self.here  # type: ignore[assignment]
            found = undone_upgrade(cloud.ledger, cloud.inventory.cloud)
            asked = clouds.request("8.1.5", rollback=True, restore_database=True)
            made = _run(cloud, stack, asked, _found(cloud, found))
            yield made
            self.told += made.progress.notes

    def summaries(self) -> list[str]:
        """What was intended in the run that was begun last, each with its node."""
        ledger = Ledger(f"sqlite:///{self.root}/ledger.db")
        found = ledger.open_upgrade("test")
        assert found is not None
        intents = ledger.intents(found.id)
        ledger.dispose()
        last = max(one.run for one in intents)
        return [f"{one.node}: {one.summary}" for one in intents if one.run == last]


@dataclass
class Upgrade:
    """One run of it."""

    session: Session
    plan: Plan
    progress: FakeProgress

    def do(self, *nodes: str) -> list[str]:
        """Carry these steps out, in order; gives what each left as evidence."""
        chosen = [f"database/{name}" for name in nodes] or list(self.left)
        return [carry_out([node], WORK[node])[0]["detail"] for node in chosen]

    @property
    def left(self) -> tuple[str, ...]:
        """The steps of the database stage that are left at the beginning of this run.

        Those that stop what writes to it are left out: this machine runs none of it.
        """
        return tuple(step.id for step in self.plan.steps if step.id in WORK)


def _opened(cloud: Cloud, stack: ExitStack, asked: dict[str, clouds.Field]) -> Upgrade:
    return _run(cloud, stack, clouds.request(**asked), _looked(cloud))


def _run(cloud: Cloud, stack: ExitStack, asked: Request, state: CloudState) -> Upgrade:
    progress = FakeProgress()
    plan = make_plan(cloud.inventory, state, clouds.catalogue(), asked)
    keeper = stack.enter_context(held(cloud.ledger, cloud.inventory.cloud, progress))
    consent = Consent("ann", "terminal", "", plan.hash)
    way = recorded_run(cloud, clouds.catalogue(), plan, state, consent, keeper)
    session = stack.enter_context(way)
    session.progress = progress
    CURRENT.set(session)
    return Upgrade(session, plan, progress)


def _found(cloud: Cloud, undone: Undone) -> CloudState:
    """The target ran, and is down by now; the ledger tells what ran before and what was done."""
    before = clouds.all_at(cloud.inventory, "9.0.7")
    down = {"release": None, "pids": (), "restart": Restart.PREVENTED}
    hosts = tuple(
        replace(
            host,
            tools=("mariadb-dump", "pg_dump"),
            instances=tuple(replace(one, **down) for one in host.instances),  # type: ignore[arg-type]
        )
        for host in before.hosts
    )
    stopped = tuple(Evidence(f"database/{name}", "8.1.5") for name in STOPPED)
    done = cloud.ledger.evidence(undone.by.id) if undone.by is not None else ()
    state = replace(before, hosts=hosts, baseline=before.instances, evidence=(*stopped, *done))
    return replace(state, former=undone.former, left="9.0.7", restorable=restorable(cloud))


def _looked(cloud: Cloud) -> CloudState:
    """Everything runs as before, and the ledger tells what was done."""
    state = clouds.all_at(cloud.inventory, "8.1.5")
    begun = cloud.ledger.open_upgrade(cloud.inventory.cloud)
    if begun is None:
        return state
    return replace(state, baseline=state.instances, evidence=cloud.ledger.evidence(begun.id))
