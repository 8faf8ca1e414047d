"""Stages a release on a cloud's hosts: side by side, each told by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.errors import BadInputError, Fault
from ceilift.install.requirements import Requirements, read_requirements
from ceilift.install.venv import Staged, stage
from ceilift.inventory import Inventory
from ceilift.release import Release, load_catalogue
from ceilift.remote.act import Actor, Recorder
from tasks.lease import held
from tasks.progress import Progress

SIDE_BY_SIDE = 16
HOST_BY_HOST = 40  # beyond, one task run carries a batch of hosts
BATCH = 50


@dataclass(frozen=True, slots=True)
class Staging:
    """What staging needs while it lasts; `actor` is dry where hosts are only looked at."""

    cloud: Cloud
    release: Release
    wanted: Requirements
    actor: Actor
    progress: Progress


STAGING: ContextVar[Staging] = ContextVar("staging")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which release, on which hosts (none named: on all that have a role)."""

    to: str
    hosts: tuple[str, ...] = ()
    dry_run: bool = False


@contextmanager
def staging(cloud: Cloud, wish: Wish, progress: Progress, file: str) -> Iterator[Staging]:
    """Everything read and checked, and the cloud's lease held unless hosts are only looked at.

    Raises BadInputError for a release that is not known, a host that is not there, or a list of
    packages that is not pinned; RefusedError while another run acts on the cloud.
    """
    inventory = cloud.inventory
    release = load_catalogue().get(wish.to)
    wanted = _requirements(inventory, wish.to, file)
    _refuse_strangers(inventory, wish, file)
    lease = nullcontext() if wish.dry_run else held(cloud.ledger, inventory.cloud, progress)
    with lease as keeper:
        token = keeper.lease.token if keeper is not None else 0
        actor = Actor(inventory, Recorder(), token, dry=wish.dry_run)
        yield Staging(cloud, release, wanted, actor, progress)


def hosts_of(inventory: Inventory, wish: Wish) -> tuple[str, ...]:
    """The hosts that are meant, in the inventory's order."""
    return tuple(
        host.name
        for host in inventory.hosts
        if (host.name in wish.hosts if wish.hosts else host.roles)
    )


def batches(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What one task run carries: a host, or of many hosts a batch."""
    size = 1 if len(names) <= HOST_BY_HOST else BATCH
    for begin in range(0, len(names), size):
        yield tuple(names[begin : begin + size])


def stage_on(work: Staging, names: Sequence[str]) -> tuple[Staged, ...]:
    """Stage on these hosts, side by side; what went wrong on one is told in its result."""

    def one(name: str) -> Staged:
        node, begun = f"stage/{name}", now()
        work.progress.started(node)
        shell = work.cloud.connections.shell(name)
        found = stage(work.actor, shell, work.cloud.inventory, work.release, work.wanted)
        work.progress.finished(node, "done" if found.ready else "failed", now() - begun)
        return found

    with ThreadPoolExecutor(min(SIDE_BY_SIDE, max(len(names), 1))) as pool:
        return tuple(pool.map(one, names))


@task(name="stage", persist_result=False, cache_policy=NO_CACHE)
def stage_hosts(names: list[str]) -> list[Staged]:
    """Stage on these hosts; a host on which it failed is told, and fails no other."""
    return list(stage_on(STAGING.get(), names))


def headline(to: str, found: Sequence[Staged]) -> str:
    """How it ended, in one line."""
    ready = sum(one.ready for one in found)
    return f"{to} is ready on {ready} of {len(found)} hosts; nothing was stopped or switched"


def _requirements(inventory: Inventory, to: str, file: str) -> Requirements:
    template = inventory.install.requirements
    if not template:
        what = "is not given: nobody knows of what a release is made"
        remedy = "Name the list of its packages, pinned and with checksums: releases/{release}.txt"
        raise BadInputError([Fault(file, "install.requirements", what, remedy)])
    path = Path(template.format(release=to))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault(str(path), "", f"cannot be read ({error})", "Write the list of packages")
        raise BadInputError([fault]) from None
    return read_requirements(text, str(path), to)


def _refuse_strangers(inventory: Inventory, wish: Wish, file: str) -> None:
    known = {host.name for host in inventory.hosts}
    strangers = [name for name in wish.hosts if name not in known]
    if strangers:
        remedy = f"Its hosts are {', '.join(sorted(known))}"
        faults = [Fault(file, "hosts", f"there is no host {name!r}", remedy) for name in strangers]
        raise BadInputError(faults)
