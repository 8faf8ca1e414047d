"""Real Ceilometer on nspawn hosts, and the real servers that it needs, in the hosts' network.

Broker, database, Redis and the SNMP targets run on this machine, with the lab's own files, in the
network namespace that the hosts are joined to.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from lab import (
    broker,
    credentials,
    database,
    hosts,
    inventory_file,
    readiness,
    releases,
    small_services,
    traffic,
)
from lab.clouds import PROGRAMS, Host
from lab.files import PRIVATE, link, write
from lab.nspawn import layout
from lab.nspawn.namespace import entered
from lab.nspawn.place import Nspawn
from lab.overseer import Program
from lab.progress import Progress
from lab.rpc import Supervisor

STOP_S = 90
BACKUPS = "/var/backups/ceilometer"
_ETC = Path("/etc/ceilometer")
_STARTED = ("redis", "rabbitmq", "snmpd")


def lay_out_shared(place: Nspawn, progress: Progress) -> None:
    """Write what all hosts share: secrets and keys, the releases, the inventory."""
    lab = place.lab
    for folder in (lab.run, lab.logs, lab.traffic):
        folder.mkdir(parents=True, exist_ok=True)
    credentials.make_secrets(lab)
    credentials.make_ssh_keys(lab, place.hosts, place.ssh_port)
    broker.configure(lab)
    write(lab.inventory, yaml.safe_dump(inventory(place), sort_keys=False))
    for release in lab.cloud.releases:
        releases.install(lab, release, progress)


def inventory(place: Nspawn) -> dict[str, Any]:
    """The lab's inventory, as it is where every host begins at its own root."""
    found = layout.with_systemd(inventory_file.inventory(place.lab), stop_s=STOP_S)
    found["ssh"]["port"] = place.ssh_port
    for host in found["hosts"]:
        host["root"] = ""
    found["database"]["backup"]["folder"] = BACKUPS
    return found


def lay_out_host(place: Nspawn, host: Host) -> None:
    """Write the services of a host: on the old release, with every one installed."""
    lab, root = place.lab, place.files(host)
    for release in lab.cloud.releases:
        link(root / "opt" / "ceilometer" / release, lab.venv(release))
    for name, text in hosts.ceilometer_files(lab, host, _ETC).items():
        write(root / _ETC.relative_to("/") / name, text)
    for role in host.roles:
        command = hosts.agent_command(Path("/"), role, lab.cloud.old)
        layout.write_unit(place, host, role, what=PROGRAMS[role], command=command, stop_s=STOP_S)


def programs(place: Nspawn) -> tuple[Program, ...]:
    """The servers and the generator of notifications, each in the hosts' network."""
    lab = place.lab
    found = (
        small_services.redis(lab),
        small_services.snmpd(lab),
        broker.program(lab),
        database.program(lab),
        traffic.program(lab),
    )
    return tuple(replace(one, command=(*place.entering, *one.command)) for one in found)


def start(place: Nspawn, main: Supervisor, progress: Progress) -> None:
    """Return when all answer, and the database has the schema of the old release."""
    lab = place.lab
    for name in _STARTED:
        main.start(name)
    database.install(lab)
    main.start("mariadb")
    database.wait_ready(lab)
    with entered(place.control):
        broker.wait_ready(lab)
        small_services.wait_for_redis(lab)
        if not database.known(lab):
            _make_schema(place, progress)


def _make_schema(place: Nspawn, progress: Progress) -> None:
    lab, config = place.lab, place.lab.secrets / hosts.MAIN_CONFIG
    write(config, hosts.ceilometer_files(lab, place.hosts[0], _ETC)[hosts.MAIN_CONFIG], PRIVATE)
    with progress.step(f"database has the schema of {lab.cloud.old}"):
        database.ensure_schema(lab, lab.cloud.old, config)


def polled(place: Nspawn, since: float | None) -> bool:
    """Whether every target is polled; after a start as often as an upgrade needs to learn it."""
    lab = place.lab
    if since is None:
        return readiness.polled_lately(lab)
    return not readiness.silent_targets(lab, since, readiness.LEARNABLE)


def forget(place: Nspawn) -> None:
    """Nothing that was stored or sent is left; what serves the hosts is down."""
    broker.forget(place.lab)
    database.forget(place.lab)
    place.lab.sent_log.unlink(missing_ok=True)
