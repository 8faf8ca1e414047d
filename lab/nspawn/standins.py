"""Stand-ins on nspawn hosts: what these are given, and what serves them."""

from __future__ import annotations

from typing import Any

import yaml

from lab.clouds import PROGRAMS, Host
from lab.files import EXECUTABLE, write
from lab.nspawn import layout, machine
from lab.nspawn.place import Nspawn
from lab.overseer import Program
from lab.progress import Progress
from lab.rpc import Supervisor
from lab.settings import PORTS
from lab.standin import layout as standin_layout
from lab.standin import life
from lab.standin.place import OLD
from lab.waiting import until

STOP_S = 20
_ANYONE_MAY_WRITE = 0o666
_DUMP = """\
#!/bin/sh
printf '%s\\t%s\\tdump\\n' "$(date +%s.%N)" "$(hostname)" >>{done}
echo "-- a stand-in's dump"; sleep 0.3; echo "-- and its end"
"""


def lay_out_shared(place: Nspawn, progress: Progress) -> None:
    """Write what all hosts share: keys, both releases, the inventory, the records' folder."""
    del progress
    standin_layout.lay_out_shared(place)
    write(place.lab.inventory, yaml.safe_dump(inventory(place), sort_keys=False))
    for name in ("done.log", "stored", "schema"):
        (place.records / name).touch()
        (place.records / name).chmod(_ANYONE_MAY_WRITE)


def inventory(place: Nspawn) -> dict[str, Any]:
    """The inventory of stand-ins, as it is where hosts have a systemd and a login without root."""
    return layout.with_systemd(standin_layout.inventory(place), stop_s=STOP_S)


def lay_out_host(place: Nspawn, host: Host) -> None:
    """Write the services of a host: on the old release, with both installed."""
    standin_layout.lay_out_releases(place, host)
    dump = _DUMP.format(done=place.done)
    write(place.files(host) / "usr/local/bin/mariadb-dump", dump, EXECUTABLE)
    for role in host.roles:
        what, command = f"a stand-in for {PROGRAMS[role]}", place.command(host, role, OLD)
        layout.write_unit(place, host, role, what=what, command=command, stop_s=STOP_S)


def programs(place: Nspawn) -> tuple[Program, ...]:
    """The stand-in for the message bus."""
    return (life.broker(place),)


def start(place: Nspawn, main: Supervisor, progress: Progress) -> None:
    """Return when the broker listens."""
    del progress
    main.start("broker")
    until(lambda: machine.listens(place, place.broker_ip, PORTS.amqp), "the broker listens", 60)


def polled(place: Nspawn, since: float | None) -> bool:
    """Whether every resource was polled; when does not matter."""
    del since
    return life.polled(place)


def forget(place: Nspawn) -> None:
    """Nothing that was stored is left; what serves the hosts is down."""
    for path in place.records.iterdir():
        path.unlink()
