"""A team's Prefect: its server on PostgreSQL, behind a password; workers on two machines."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from lab import processes
from lab.accept import crashes, product
from lab.accept.browser import browser
from lab.accept.checks import Checks
from lab.accept.driven import PICKED_UP_S, Driven
from lab.accept.machines import Machine
from lab.files import PRIVATE, write
from lab.ledger_server import ledger_server
from lab.progress import Progress
from lab.readiness import now
from lab.settings import Lab
from lab.waiting import until

PASSWORD = "the-password-of-postgresql"
LOGIN = "ceilift:the-password-of-the-api"
UP_S, UNAUTHORIZED = 180, 401
STAGES = ("collector", "notification", "polling")


@dataclass(frozen=True)
class Team:
    """The server's machine and those of the workers, all on this one; where the data is."""

    server: Machine
    workers: tuple[Machine, Machine]
    prefect: URL
    inventory: Path

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def variables(self) -> dict[str, str]:
        """What the how-to has written into /etc/ceilift/worker.env."""
        return {
            "PREFECT_API_URL": f"{self.url}/api",
            "PREFECT_API_AUTH_STRING": LOGIN,
            "CEILIFT_INVENTORIES": str(self.server.folder / "inventories"),
            **crashes.QUICK,
        }

    def begin(self) -> None:
        """Start everything in the how-to's order; the server answers and flows are deployed."""
        own = self.prefect.render_as_string(hide_password=False)
        settings = {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": own,
            "PREFECT_SERVER_API_AUTH_STRING": LOGIN,
            "PREFECT_UI_API_URL": f"{self.url}/api",
        }
        self.server.start("ceilift-server", settings)
        until(self._answers, "the server answers", UP_S, every=0.5)
        for one in self.workers:
            one.start("ceilift-worker", self.variables)

    def ceilift(self, *words: str) -> product.Said:
        """A command typed on the first worker's machine."""
        return product.ceilift(*words, within=300, env=self.workers[0].environment(self.variables))

    def taker(self, run: FlowRun) -> Machine:
        """The machine that carries a run out."""

        def look() -> Machine | None:
            engine = processes.of_flow_run(run.id)
            return next((one for one in self.workers if engine & one.processes()), None)

        return until(look, "a worker takes the run", PICKED_UP_S, every=0.2)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/api/health", timeout=5).ok
        except requests.RequestException:
            return False


def two_machines(lab: Lab, checks: Checks, progress: Progress) -> None:
    """One machine dies at work: the other refuses a second run meanwhile, then finishes it."""
    home = crashes.impatient_home(lab)
    with team(lab, home) as ours:
        bare = requests.get(f"{ours.url}/api/admin/version", timeout=30).status_code
        checks.demand("team: nothing without the password", bare == UNAUTHORIZED, bare)
        for words in (("inventory", "add", str(ours.inventory)), ("deploy",)):
            done = ours.ceilift(*words)
            checks.demand(f"team: {words[0]}", done.code == 0, f"exit {done.code}")
        with (
            SyncPrefectClient(f"{ours.url}/api", auth_string=LOGIN) as client,
            browser(ours.url, lab.root / "pictures") as ui,
        ):
            driven = Driven(client, lab, checks, progress, ui, ours.inventory)
            _one_dies(driven, ours)
        _in_postgresql(ours, checks)


def _one_dies(driven: Driven, ours: Team) -> None:
    first = crashes.at_work(driven, *STAGES)
    dying = ours.taker(first)
    dying.freeze()
    form = {**driven.form("beside it"), "approve": "0" * 16}
    beside = driven.started(form)
    other = ours.taker(beside)
    driven.checks.demand("team: the other machine takes a second run", other != dying, other.name)
    ended = driven.ended(beside.id)
    told = ended.state.message if ended.state is not None and ended.state.message else ""
    refused = ended.state_name == "Refused" and str(first.id) in told
    driven.checks.demand("team: it is refused, and told who holds the cloud", refused, told[:200])
    at = now()
    dying.die()
    crashed = driven.ended(first.id)
    took = f"{crashed.state_name} after {now() - at:.0f} s"
    driven.checks.demand("team: a machine died", crashed.state_name == "Crashed", took)
    crashes.tried_again(driven, first, "team: a machine died")
    driven.ui.sign_in(LOGIN)
    read = driven.ui.reads("/artifacts/key/report", "done, ", "report-of-a-team")
    driven.checks.demand("team: the report is read, behind the password", read, read)
    past = product.ceilift("history", "-i", str(ours.inventory), "--format", "json").json()
    outcomes = [one["outcome"] for one in past]
    driven.checks.demand("team: one upgrade in the shared ledger", outcomes == ["done"], outcomes)


def _in_postgresql(ours: Team, checks: Checks) -> None:
    """What Prefect and the ledger wrote stands in PostgreSQL, and in no file of the machines."""
    engine = create_engine(ours.prefect.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        runs = connection.execute(text("SELECT count(*) FROM flow_run")).scalar_one()
    figure = f"{runs} flow runs in PostgreSQL {version}"
    checks.demand("team: Prefect's data", runs > 1, figure)
    files = [one.name for machine in _all(ours) for one in machine.folder.rglob("*.db")]
    checks.demand("team: no SQLite beside it", not files, files)


def _all(ours: Team) -> Sequence[Machine]:
    return (ours.server, *ours.workers)


@contextmanager
def team(lab: Lab, home: Path) -> Iterator[Team]:
    """A server and two workers that run; ended after the block."""
    folder = lab.root / "machines"
    port = _free_port()
    with ledger_server(PASSWORD) as where, ExitStack() as after:
        server, *workers = (
            Machine(name, folder / name, home, port) for name in ("server", "alpha", "beta")
        )
        ours = Team(server, (workers[0], workers[1]), _database(where), _inventory(lab, where))
        for machine in _all(ours):
            after.callback(machine.die)
        ours.begin()
        yield ours


def _database(where: str) -> URL:
    """An empty database for Prefect, beside the ledger's."""
    url = make_url(where).set(password=PASSWORD)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE prefect"))
    return url.set(drivername="postgresql+asyncpg", database="prefect")


def _inventory(lab: Lab, ledger: str) -> Path:
    """The cloud as the lab has it, its ledger in PostgreSQL."""
    write(lab.secrets / "ledger", f"{PASSWORD}\n", PRIVATE)
    data = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    shared = {"ledger": ledger, "ledger_password": {"file": str(lab.secrets / "ledger")}}
    file = lab.root / "lab-team.yaml"
    file.write_text(yaml.safe_dump({**data, **shared}), encoding="utf-8")
    return file


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
