"""A unit on an nspawn host, and the systemd backend that is told over SSH what to do with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ceilift.clock import Timeline
from ceilift.inventory import Inventory
from ceilift.inventory_file import load_inventory
from ceilift.probe import observe_host
from ceilift.remote.act import Actor, Recorder
from ceilift.remote.shell import Shell
from ceilift.remote.ssh import Connections
from ceilift.secrets import EnvFileSecrets
from ceilift.services.protocol import Beside, Override
from ceilift.services.systemd import Systemd
from ceilift.state import HostState, Instance
from lab.clouds import Host
from lab.nspawn import machine
from lab.nspawn.namespace import entered
from lab.nspawn.place import Nspawn
from lab.waiting import until

from .nspawn_looks import Unit

UNIT = "telemetry-poll"
BESIDE = f"{UNIT}-ceilift"
OLD, NEW = "/opt/ceilometer/9.0.6", "/opt/ceilometer/9.0.7"
LOG = f"/var/log/ceilometer/{UNIT}.log"
OWN = f"/etc/ceilometer/ceilift/{BESIDE}.conf"
COMMAND = "{release}/bin/ceilometer-polling --polling-namespaces central \\\n"
ARGUMENTS = f"    --config-file /etc/ceilometer/ceilometer.conf --log-file {LOG}"
DEFINITION = f"""\
[Unit]
Description=not {OLD}
After=network.target

[Service]
User=ceilometer
Environment=PYTHONHASHSEED=0 "PATH={OLD}/bin:/usr/bin:/bin"
ExecStart={COMMAND.format(release=OLD)}{ARGUMENTS}
Restart=on-failure
RestartSec=200ms

[Install]
WantedBy=multi-user.target
"""
OVERRIDE = f"""\
[Service]
ExecStart=
ExecStart={COMMAND.format(release=OLD)}{ARGUMENTS}
Nice=1
"""
ETC, PACKAGED = "/etc/systemd/system", "/usr/lib/systemd/system"


@dataclass
class Stage:
    """A unit of its own on a host, and the backend that is told what to do with it."""

    place: Nspawn
    where: Host
    inventory: Inventory
    shell: Shell
    unit: Unit = field(init=False)
    new: Unit = field(init=False)

    def __post_init__(self) -> None:
        self.unit = Unit(self.place, self.where, UNIT)
        self.new = Unit(self.place, self.where, BESIDE)

    @property
    def backend(self) -> Systemd:
        return Systemd(self.inventory)

    @property
    def actor(self) -> Actor:
        return Actor(self.inventory, Recorder(), 1)

    def stop(self) -> str:
        return self.backend.stop(self.actor, self.shell, "stop", UNIT)

    def start(self, override: Override | None = None) -> str:
        given = override or Override()
        return self.backend.start(self.actor, self.shell, "start", UNIT, NEW, override=given)

    def enable(self) -> str:
        return self.backend.enable(self.actor, self.shell, "enable", UNIT)

    def reload(self) -> str:
        return self.backend.reload(self.actor, self.shell, "reload", UNIT)

    def beside(self, options: str = "[DEFAULT]\nhost = another") -> str:
        asked = Beside(UNIT, BESIDE, OWN, options)
        return self.backend.beside(self.actor, self.shell, "beside", asked, NEW)

    def remove(self) -> str:
        asked = Beside(UNIT, BESIDE, OWN)
        return self.backend.remove(self.actor, self.shell, "remove", asked)

    def look(self) -> HostState:
        described = self.inventory.host(self.where.name)
        return observe_host(self.shell, described, self.inventory, ("9.0.6", "9.0.7"))

    def instance(self, unit: str) -> Instance:
        return next(one for one in self.look().instances if one.unit == unit)

    def does(self, script: str) -> str:
        return self.unit.does(script)

    def boots_anew(self) -> None:
        """Reboot the host; returns when its sshd answers and all that is to start was started."""
        before = machine.first_process(self.place, self.where)
        machine.reboot(self.place, self.where)
        until(lambda: machine.first_process(self.place, self.where) not in {0, before}, "boot", 60)
        machine.wait_for(self.place, self.where)
        self.does("systemctl is-system-running --wait || true")

    def crash(self) -> None:
        """Kill its main process; returns when systemd has seen it."""
        pid = self.unit.show("MainPID")
        self.does(f"kill -KILL {pid}")
        until(lambda: self.unit.show("MainPID") != pid, "systemd sees it", 20)


def clear(stage: Stage) -> None:
    units = f"{UNIT}.service {BESIDE}.service"
    stage.does(
        f"systemctl kill --signal=KILL {units} 2>/dev/null; systemctl stop {units} 2>/dev/null; "
        f"systemctl disable --quiet {UNIT}.service 2>/dev/null; "
        f"rm -rf {ETC}/{UNIT}* {PACKAGED}/{UNIT}* {LOG}* {OWN} /run/ceilift; "
        f"systemctl daemon-reload; systemctl reset-failed {units} 2>/dev/null; true"
    )


def inventory(place: Nspawn, where: Host) -> Inventory:
    """The lab's, with the unit as the host's polling agent; fenced as a cloud of its own."""
    found = load_inventory(place.lab.inventory)
    described = found.host(where.name)
    roles = tuple(
        role.model_copy(update={"unit": UNIT}) for role in described.roles if role.namespaces
    )
    hosts = (described.model_copy(update={"roles": roles}),)
    return found.model_copy(update={"cloud": "backend", "hosts": hosts, "database": None})


@contextmanager
def staged(place: Nspawn, where: Host, *, packaged: bool) -> Iterator[Stage]:
    """Enabled and running on the old release; defined in /etc, or as packages do it."""
    asked = inventory(place, where)
    with (
        entered(place.control),
        Connections(asked, EnvFileSecrets(), Timeline()) as connections,
    ):
        made = Stage(place, where, asked, connections.shell(where.name))
        clear(made)
        define(made, packaged=packaged)
        yield made
        clear(made)


def define(stage: Stage, *, packaged: bool) -> None:
    root = stage.place.files(stage.where)
    folder = root / (PACKAGED if packaged else ETC).lstrip("/")
    (folder / f"{UNIT}.service").write_text(DEFINITION)
    if packaged:
        drop_ins = root / f"{ETC.lstrip('/')}/{UNIT}.service.d"
        drop_ins.mkdir()
        (drop_ins / "override.conf").write_text(OVERRIDE)
    stage.does(f"systemctl daemon-reload && systemctl enable --now --quiet {UNIT}.service")
    until(lambda: OLD in stage.unit.command, "it runs", 20)
