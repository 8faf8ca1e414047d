"""Upgrade and rollback with the database, as real Prefect flows: sshd hosts, a real MariaDB.

Ceilometer's agents are stand-ins; what saves, migrates, restores and compares is real.
"""

from __future__ import annotations

import json
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from sqlalchemy import insert, text

from ceilift.errors import PAUSED
from ceilift.telemetry.schema import metadata, meter, resource, sample
from lab.accept.product import Said
from lab.database_servers import PASSWORD, PrivateMariadb
from lab.standin import life, records
from lab.standin.controller import Controller
from lab.standin.place import NEW, OLD, Standin
from lab.waiting import until

pytestmark = [
    pytest.mark.lab,
    pytest.mark.timeout(1800),
    # The lab's clients of supervisor leave their sockets to the collector: not what is tested here.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

NUMBER = 7  # of the cloud of stand-ins: those of the kill matrix begin at 0
ROWS, MORE = 500, 6
PROGRAM = """#!{python}
from sqlalchemy import create_engine, make_url, text

url = make_url({url!r}).set(password={password!r})
with create_engine(url).begin() as connection:
    connection.execute(text("ALTER TABLE meter ADD COLUMN unit VARCHAR(255)"))
"""
BACK = ("rollback", "--restore-database")


@dataclass
class Cloud:
    """A cloud of stand-ins that has a real database."""

    controller: Controller
    server: PrivateMariadb

    @property
    def standin(self) -> Standin:
        return self.controller.standin

    @property
    def root(self) -> Path:
        """The first host's."""
        return self.standin.lab.host(self.standin.hosts[0])

    def prepare(self) -> None:
        """Everything on the old release, the inventory with the database, its tables filled."""
        life.up(self.standin)
        life.renewed(self.standin)
        inventory = yaml.safe_load(self.standin.lab.inventory.read_text())
        secret = self.standin.lab.secrets / "database"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        database = {"url": self.server.url("ceilometer"), "password": {"file": str(secret)}}
        inventory["database"] |= database
        self.standin.lab.inventory.write_text(yaml.safe_dump(inventory, sort_keys=False))
        for host in self.standin.hosts:
            stand_in = self.standin.lab.host(host) / "bin" / "mariadb-dump"
            stand_in.unlink()  # the real one is behind it
        program = self.standin.lab.venv(NEW) / "bin" / "ceilometer-upgrade"
        url = self.server.url("ceilometer")
        program.write_text(PROGRAM.format(python=sys.executable, url=url, password=PASSWORD))
        engine = self.server.engine("ceilometer")
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(insert(meter).values(name="cpu"))
            connection.execute(insert(resource).values(resource_id="r"))
        self.store("m", ROWS)

    def store(self, name: str, count: int) -> None:
        rows = [
            {"meter_id": 1, "resource_id": 1, "timestamp": 1.7e9 + n, "message_id": f"{name}{n}"}
            for n in range(count)
        ]
        with self.server.engine("ceilometer").begin() as connection:
            connection.execute(insert(sample), rows)

    def stored(self) -> list[str]:
        with self.server.engine("ceilometer").begin() as connection:
            found = connection.execute(text("SELECT message_id FROM sample ORDER BY id"))
            return [row[0] for row in found]

    def columns(self) -> set[str]:
        with self.server.engine("ceilometer").begin() as connection:
            return {row[0] for row in connection.execute(text("SHOW COLUMNS FROM meter"))}

    def intents(self, node: str) -> int:
        query = "SELECT COUNT(*) FROM intents WHERE node = ?"
        with closing(sqlite3.connect(self.standin.lab.ledger, timeout=30)) as ledger:
            return int(ledger.execute(query, (node,)).fetchone()[0])

    def upgraded(self) -> None:
        hash_ = self.controller.plan("full")
        words = ("upgrade", "--to", NEW, "--path", "full", "--approve", hash_, "--quiet")
        said = self.controller.ceilift(*words)
        assert said.code == 0, said.stderr
        assert "unit" in self.columns()


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        short = stack.enter_context(TemporaryDirectory(prefix="ceilift-"))  # sockets lie in it
        patch.setenv("CEILIFT_LAB_DIR", short)
        server = PrivateMariadb()
        stack.callback(server.stop)
        server.start()
        server.create("ceilometer")
        made = Cloud(Controller(Standin(NUMBER)), server)
        stack.callback(life.down, made.standin)
        stack.callback(made.controller.close)
        made.prepare()
        yield made


def test_killed_in_the_middle_and_resumed_the_database_is_back_with_all_that_ran(
    cloud: Cloud,
) -> None:
    cloud.upgraded()
    cloud.store("later", MORE)

    shown = cloud.controller.ceilift(*BACK, "--format", "json")
    assert shown.code == PAUSED, shown.stderr
    plan = shown.json()
    [loss] = [one["what"] for one in plan["findings"] if one["id"] == "restore-loses"]
    assert f"{MORE} samples stored from" in loss
    assert "column meter.unit" in loss
    [stage] = [one for one in plan["stages"] if one["name"] == "database"]
    assert stage["expected_loss"]["stored"] == MORE

    process = cloud.controller.start(*BACK, "--approve", plan["hash"], "--quiet")
    until(lambda: cloud.intents("database/restore") > 0, "it is about to restore", within=600)
    process.kill()
    process.communicate()
    records.let_expire(cloud.standin)
    said = cloud.controller.ceilift("resume", "--quiet", "--format", "json")

    restored_and_running(cloud, said)


def restored_and_running(cloud: Cloud, said: Said) -> None:
    assert said.code == 0, said.stderr
    assert cloud.stored() == [f"m{n}" for n in range(ROWS)]
    assert "unit" not in cloud.columns()
    [kept] = (cloud.root / "var" / "backups").glob("*before-restore*")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    report = said.json()
    assert report["outcome"] == "done"
    told = {one["node"]: one for one in report["restored"]}
    assert told["database/restore"]["status"] == "done"
    assert f"lost: {MORE} samples" in told["database/restore"]["detail"]
    assert str(kept) in told["database/save"]["detail"]
    runs = [words for name, words in records.condition(cloud.standin).items() if " " in name]
    agents = [words for words in runs if words.startswith("runs ")]
    assert agents
    assert {words.split(",")[0] for words in agents} == {f"runs {OLD}"}
    assert all(words.endswith("restart enabled") for words in agents)
    done = cloud.standin.done.read_text().splitlines()
    words = [line.split("\t")[-1] for line in done]
    kinds = ("started ceilometer-collector", "ended ceilometer-collector")
    collectors = [one for one in words if one.startswith(kinds)]
    assert f"ended ceilometer-collector {NEW}" in collectors
    assert collectors[-1] == f"started ceilometer-collector {OLD}"
    log = (cloud.standin.lab.root / "commands.log").read_text()
    assert PASSWORD not in log + json.dumps(report) + cloud.standin.done.read_text()
    assert PASSWORD.encode() not in cloud.standin.lab.ledger.read_bytes()
