"""Secrets as canaries: planted where the product takes one, looked for where it leaves a word.

A control, planted on purpose in every kind of place, has to be found: else the search is blind.
"""

from __future__ import annotations

import gzip
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from flows.server import state_folder
from lab import credentials, traffic
from lab.accept import product
from lab.accept.bed import bed
from lab.accept.checks import Checks
from lab.accept.rolling import settle
from lab.canaries import Canary, Place, Watch, files, rows, sightings, watching
from lab.clouds import CloudName, cloud_named
from lab.files import PRIVATE, write
from lab.ledger_server import ledger_server
from lab.progress import Progress
from lab.settings import DEAD_PORT, PORTS, Lab

KINDS = ("argv", "output", "ledger", "Prefect", "host", "file")
KEY = "CEILIFT_CANARY_KEY"
LEAST_LOOKS = 100
WRONG = {  # a secret that is refused, by the part of the inventory that refers to it
    "wrong database password": "database",
    "wrong broker password": "message_bus",
    "wrong coordination password": "coordination",
}
Inventory = dict[str, Any]


@dataclass
class Planted:
    """What was planted, and the inventories that refer to it."""

    folder: Path
    control: Canary = field(default_factory=lambda: _canary("control"))
    canaries: list[Canary] = field(default_factory=list)
    inventories: dict[str, Path] = field(default_factory=dict)

    def secret(self, name: str) -> str:
        """The secret of that name, made once, in a file that nobody else may read."""
        file = self._file(name)
        if not file.exists():
            self.canaries.append(_canary(name))
            write(file, self.canaries[-1].text, PRIVATE)
        return file.read_text(encoding="utf-8")

    def reference(self, name: str) -> Mapping[str, str]:
        """How an inventory refers to it."""
        self.secret(name)
        return {"file": str(self._file(name))}

    def _file(self, name: str) -> Path:
        return self.folder / "secrets" / name.replace(" ", "-")

    def describe(self, name: str, inventory: Inventory) -> None:
        """An inventory to run commands with."""
        file = self.folder / "inventories" / f"{name}.yaml"
        write(file, yaml.safe_dump(inventory, sort_keys=False))
        self.inventories[name] = file


def canaries(checks: Checks, progress: Progress) -> None:
    """Upgrade the classic cloud with planted secrets, fail with wrong ones, and look everywhere."""
    lab = bed(cloud_named(CloudName.CLASSIC), progress)
    settle(lab, progress, short=True)
    planted, places = Planted(fresh(lab.root / "canaries")), list[Place]()
    password = planted.secret("ledger")
    with ExitStack() as stack:
        ledger = stack.enter_context(ledger_server(password))
        plant(lab, planted, ledger)
        stack.enter_context(_environment({KEY: (lab.ssh / "id_ed25519").read_text()}))
        watch = stack.enter_context(watching())
        with _seen_by_ps(planted.control):
            places += _commands(lab, planted, checks)
        places += rows(ledger, password)
    traffic.stop(lab)
    judge(checks, planted, [*places, *_left(lab, planted, watch)], watch.looks)


def plant(lab: Lab, planted: Planted, ledger: str) -> None:
    """Every secret the lab has, and inventories with the right ones, wrong ones, or a dead end."""
    names = (credentials.DATABASE, credentials.RABBITMQ, credentials.TELEMETRY)
    planted.canaries += [Canary(f"lab {name}", credentials.secret(lab, name)) for name in names]
    planted.canaries.append(Canary("private key", body((lab.ssh / "id_ed25519").read_text())))
    right: Inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    right |= {"ledger": ledger, "ledger_password": planted.reference("ledger")}
    sudo = {"password": planted.reference("sudo password")}
    login = {name: value for name, value in right["ssh"].items() if name != "key_file"}
    right["ssh"] = {**login, "key": {"env": KEY}, "become": sudo}
    planted.describe("right", right)
    for name, part in WRONG.items():
        wrong = {"password": planted.reference(name)}
        planted.describe(name, right | {part: right[part] | wrong})
    named = {"ledger_password": planted.reference("wrong ledger password")}
    planted.describe("wrong ledger password", right | named)
    api = f"http://{lab.api_hosts[0].ip}:{PORTS.api}"
    told = {"source": "ceilometer-api", "url": api, "token": planted.reference("API token")}
    planted.describe("API token", right | {"telemetry": told})
    dead = right["database"]["url"].replace(f":{PORTS.database}/", f":{DEAD_PORT}/")
    planted.describe("dead database", right | {"database": right["database"] | {"url": dead}})


def judge(checks: Checks, planted: Planted, places: list[Place], looks: int) -> None:
    """No canary anywhere; the control in every kind of place."""
    found = sightings(planted.canaries, places)
    for canary, place in found:
        print(f"     {canary.name} in {place.kind}: {place.name}")
    told = f"{len(planted.canaries)} in {len(places)} places, argv looked at {looks} times"
    checks.demand("canaries planted", looks >= LEAST_LOOKS and bool(planted.canaries), told)
    checks.demand("canaries found", not found, len(found))
    seen = {place.kind for _, place in sightings([planted.control], places)}
    blind = [kind for kind in KINDS if kind not in seen]
    checks.demand("control found", not blind, f"not in {blind}" if blind else "in every kind")


def _commands(lab: Lab, planted: Planted, checks: Checks) -> Iterator[Place]:
    """Every command about a cloud, once rightly and once with each wrong secret."""
    right, state = planted.inventories["right"], planted.folder / "left" / "state.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    to = ("--to", lab.cloud.new)
    yield from _said("inventory", "check", "-i", str(right))
    yield from _said("preflight", "-i", str(right), "--save", str(state))
    yield from _said("plan", "-i", str(right), *to, "--state", str(state))
    yield from _said("upgrade", "-i", str(right), *to, "--dry-run")
    made = product.ceilift("plan", "-i", str(right), *to, "--format", "json", within=90).json()
    words = ("--approve", made["hash"], "--comment", f"comment {planted.control.text}")
    report = product.ceilift("upgrade", "-i", str(right), *to, *words, "--format", "json")
    checks.demand("canaries: upgraded", report.code == 0, report.code)
    yield from _output("upgrade", report)
    for name in ("status", "history", "verify", "rollback"):
        yield from _said(name, "-i", str(right))
    for name, file in planted.inventories.items():
        if name != "right":
            yield from _said("preflight", "-i", str(file), "--format", "json", what=name)
            yield from _said("verify", "-i", str(file), what=name)
    yield from _said("plan", "-i", str(right), "--to", planted.control.text)


def _said(*words: str, what: str = "") -> Iterator[Place]:
    yield from _output(f"{words[0]} {what}".strip(), product.ceilift(*words, within=180))


def _output(name: str, said: product.Said) -> Iterator[Place]:
    yield Place("output", f"{name}, stdout", said.stdout.encode())
    yield Place("output", f"{name}, stderr", said.stderr.encode())


def _left(lab: Lab, planted: Planted, watch: Watch) -> Iterator[Place]:
    """Everything outside the ledger that stays: on the controller and on the hosts."""
    left, control = planted.folder / "left", planted.control.text
    own = [lab.host(host) / "var" / "lib" / "ceilift" for host in lab.hosts]
    dumps = [lab.host(host) / "var" / "backups" for host in lab.hosts]
    dumps[0].mkdir(parents=True, exist_ok=True)
    (left / "control.txt").write_text(control, encoding="utf-8")
    packed = dumps[0] / "control.gz"
    packed.write_bytes(gzip.compress(control.encode()))
    try:
        yield from files("host", *own, *dumps)
    finally:
        packed.unlink()
    yield from files("file", left, planted.folder / "inventories")
    yield from files("Prefect", state_folder())
    yield from watch.places()


@contextmanager
def _seen_by_ps(control: Canary) -> Iterator[None]:
    """A process that shows the control to everybody who looks."""
    program = (sys.executable, "-c", "import sys; sys.stdin.read()", control.text)
    with subprocess.Popen(program, stdin=subprocess.PIPE) as process:
        yield
        process.communicate()


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    os.environ.update(more)
    try:
        yield
    finally:
        for name in more:
            del os.environ[name]


def _canary(name: str) -> Canary:
    return Canary(name, secrets.token_urlsafe(24))


def body(key: str) -> str:
    """Of a private key's text the longest line that is this key's alone, behind its header."""
    return key.strip().splitlines()[-3]


def fresh(folder: Path) -> Path:
    """The folder, with nothing of an earlier run in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
