"""One test cloud for all tests of this folder, brought back to the old release where needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from lab import packages
from lab.clouds import DEFAULT_RELEASES
from lab.database_servers import SERVERS
from lab.nspawn import life, machine
from lab.nspawn.place import Nspawn, the_nspawn
from lab.progress import Progress
from lab.releases import install, installed
from lab.settings import the_lab
from tests.lab.database_stage import DatabaseStage
from tests.lab.driving import Bench
from tests.lab.nspawn_looks import lab_command

NSPAWN_HOSTS = 2
Fresh = Callable[[], Bench]
DatabaseStages = Callable[[int], DatabaseStage]


@pytest.fixture(params=sorted(SERVERS))
def database_stages(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseStages]:
    """A server of each kind, whose production database holds so many samples."""
    with ExitStack() as stack:
        yield lambda samples: started(request.param, tmp_path, samples, stack)


def started(kind: str, folder: Path, samples: int, stack: ExitStack) -> DatabaseStage:
    server = SERVERS[kind]()
    stack.callback(server.stop)
    server.start()
    made = DatabaseStage(server, folder)
    made.fill(samples)
    return made


@pytest.fixture(scope="session")
def bench(root: Path) -> Iterator[Bench]:
    """The test cloud that $CEILIFT_LAB_DIR names, else the checkout's; left as up as it was."""
    found = Bench(Path(os.environ.get("CEILIFT_LAB_DIR") or root / ".lab").resolve(), root)
    was_up = found.is_up()
    yield found
    found.ceilift_alone("serve", "--stop")
    if not was_up:
        found.lab("down", "--hosts", "loopback")


@pytest.fixture(scope="session")
def releases() -> Mapping[str, Path]:
    """Every release that the test cloud has installed, those of the classic cloud among them."""
    lab = the_lab()
    for release in DEFAULT_RELEASES:
        install(lab, release, Progress())
    return {release: lab.venv(release) for release in installed(lab)}


@pytest.fixture(scope="session")
def fresh(bench: Bench) -> Fresh:
    """Gives the cloud with every service on the old release, no fault and an empty ledger."""

    def give() -> Bench:
        bench.lab("up" if is_untouched(bench) else "reset")
        return bench

    return give


def is_untouched(bench: Bench) -> bool:
    """Whether no fault is in force and no upgrade was ever begun."""
    faults = bench.root / "faults.json"
    if faults.exists() and faults.read_text().strip() != "{}":
        return False
    return not bench.table("upgrades")


@pytest.fixture(scope="session")
def nspawn() -> Iterator[Nspawn]:
    """A few nspawn hosts, as new; left as up as they were."""
    if os.getuid() or packages.missing(life.PACKAGES.read_text().split()):
        pytest.skip(f"needs root, and the Debian packages of {life.PACKAGES}")
    place = the_nspawn(NSPAWN_HOSTS)
    was_up = any(machine.first_process(place, host) for host in place.hosts)
    lab_command("up", "--hosts", "nspawn", "--count", str(NSPAWN_HOSTS))
    yield place
    if not was_up:
        lab_command("down", "--hosts", "nspawn")
