"""What can be broken on purpose, and mended again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lab import fleet, hosts, overseer, release_faults
from lab.clouds import PROGRAMS, Host, Role
from lab.errors import LabError
from lab.files import PRIVATE, write
from lab.settings import DEAD_PORT, PORTS, Lab

_SINK_WITHOUT_PUBLISHERS = """\
---
sources:
    - name: meter_source
      meters:
          - "*"
      sinks:
          - meter_sink
sinks:
    - name: another_sink
      transformers:
"""
_NO_YAML = """\
---
sources:
    - name: snmp
      interval: 10
      meters: [hardware.cpu.load.1min
"""
_MATCHES_NOTHING = ("hardware.lab.none",)


class When(StrEnum):
    """When a fault in a configuration file takes effect."""

    NOW = "now"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break a host and the way back."""

    what: str
    inflict: Callable[[Lab, Host], None]
    heal: Callable[[Lab, Host], None]
    needs: Role | None = None
    default: str = "ctl2"
    restarts: Role | None = None
    where: str = ""
    """Faults with the same ``where`` cannot be on one host together."""
    database: bool = False
    """Only a cloud with collectors, database and API can have it."""


def inflict(lab: Lab, name: str, host_name: str | None, when: When) -> str:
    """Break a host; says what is broken now. Broken twice is LabError."""
    fault = _fault(name)
    host = lab.named(host_name or fault.default)
    if fault.database and not lab.cloud.database:
        raise LabError(f"{name} is not there on the {lab.cloud.name} cloud: it has no such service")
    if fault.needs and fault.needs not in host.roles:
        raise LabError(f"{host.name} runs no {fault.needs}: {name} has no meaning there")
    for other in in_force(lab).get(host.name, []):
        if other == name or (fault.where and _fault(other).where == fault.where):
            raise LabError(f"{other} is in force on {host.name}: bin/lab mend {other} {host.name}")
    fault.inflict(lab, host)
    remember(lab, host, [*in_force(lab).get(host.name, []), name])
    if when is When.NOW:
        _restart(lab, host, fault.restarts)
    return f"{host.name}: {fault.what.format(new=lab.cloud.new)}"


def mend(lab: Lab, name: str, host_name: str | None) -> str:
    """Undo a fault; a host that does not have it is left as it is."""
    fault = _fault(name)
    host = lab.named(host_name or fault.default)
    there = in_force(lab).get(host.name, [])
    if name not in there:
        return f"{host.name}: {name} was not in force"
    fault.heal(lab, host)
    remember(lab, host, [other for other in there if other != name])
    _restart(lab, host, fault.restarts)
    return f"{host.name}: {name} mended"


def in_force(lab: Lab) -> dict[str, list[str]]:
    """The faults of every broken host."""
    path = lab.faults
    found: dict[str, list[str]] = json.loads(path.read_text()) if path.is_file() else {}
    return found


def remember(lab: Lab, host: Host, names: list[str]) -> None:
    """Write down which faults a host has."""
    rest = {key: value for key, value in in_force(lab).items() if key != host.name}
    write(lab.faults, json.dumps(rest | ({host.name: names} if names else {})))


def forget(lab: Lab) -> None:
    """All hosts have been laid out anew: no fault is left."""
    lab.faults.unlink(missing_ok=True)


def _fault(name: str) -> Fault:
    if name not in FAULTS:
        raise LabError(f"no fault is called {name!r}; there are {', '.join(FAULTS)}")
    return FAULTS[name]


def _restart(lab: Lab, host: Host, role: Role | None) -> None:
    """Let a service take up its files, if it runs, and so any that runs beside it."""
    if role is None:
        return
    there = fleet.supervisor(lab, host)
    for program, state in there.states().items():
        if program.startswith(PROGRAMS[role]) and state == "RUNNING":
            there.restart(program)


def _unreachable(lab: Lab, host: Host) -> None:
    fleet.stop_login(overseer.overseer(lab), host)


def _reachable(lab: Lab, host: Host) -> None:
    fleet.start_login(overseer.overseer(lab), host)


def _other_host_key(lab: Lab, host: Host) -> None:
    hosts.write_login(lab, host, key=f"{host.name}-other")
    fleet.restart_login(overseer.overseer(lab), host)


def _own_login(lab: Lab, host: Host) -> None:
    hosts.write_login(lab, host)
    fleet.restart_login(overseer.overseer(lab), host)


def _no_key(lab: Lab, host: Host) -> None:
    write(lab.host(host) / "etc" / "ssh" / "authorized_keys", "", PRIVATE)


def _bad_pipeline(lab: Lab, host: Host) -> None:
    _replace(lab, host, "pipeline.yaml", _SINK_WITHOUT_PUBLISHERS)


def _good_pipeline(lab: Lab, host: Host) -> None:
    hosts.write_ceilometer(lab, host, "pipeline.yaml")


def _polls_nothing(lab: Lab, host: Host) -> None:
    _replace(lab, host, "polling.yaml", hosts.polling_yaml(lab.cloud, host, _MATCHES_NOTHING))


def _bad_polling(lab: Lab, host: Host) -> None:
    _replace(lab, host, "polling.yaml", _NO_YAML)


def _polls(lab: Lab, host: Host) -> None:
    hosts.write_ceilometer(lab, host, "polling.yaml")


def _dead_database(lab: Lab, host: Host) -> None:
    _move_database(lab, host, PORTS.database, DEAD_PORT)


def _live_database(lab: Lab, host: Host) -> None:
    _move_database(lab, host, DEAD_PORT, PORTS.database)


def _move_database(lab: Lab, host: Host, old: int, new: int) -> None:
    path = lab.host(host) / "etc" / "ceilometer" / hosts.MAIN_CONFIG
    text = re.sub(rf"(connection = mysql.*):{old}/", rf"\1:{new}/", path.read_text())
    write(path, text, PRIVATE)


def _replace(lab: Lab, host: Host, name: str, text: str) -> None:
    write(lab.host(host) / "etc" / "ceilometer" / name, text)


def _api_down(lab: Lab, host: Host) -> None:
    fleet.supervisor(lab, host).stop(PROGRAMS[Role.API])


def _api_up(lab: Lab, host: Host) -> None:
    fleet.supervisor(lab, host).start(PROGRAMS[Role.API])


def _upgrade_fails(lab: Lab, host: Host) -> None:
    release_faults.break_upgrade(lab, host, hang=False)


def _upgrade_hangs(lab: Lab, host: Host) -> None:
    release_faults.break_upgrade(lab, host, hang=True)


FAULTS = {
    "unreachable": Fault("sshd is down", _unreachable, _reachable, default="pol2"),
    "host-key": Fault("sshd shows another host key", _other_host_key, _own_login, where="login"),
    "wrong-key": Fault("sshd knows no key", _no_key, _own_login, where="login"),
    "bad-pipeline": Fault(
        "pipeline.yaml is good YAML and no good pipeline",
        _bad_pipeline,
        _good_pipeline,
        needs=Role.NOTIFICATION,
        restarts=Role.NOTIFICATION,
    ),
    "polling-silent": Fault(
        "polling.yaml matches no pollster: the agent lives and never polls",
        _polls_nothing,
        _polls,
        default="pol1",
        needs=Role.POLLING,
        restarts=Role.POLLING,
        where="polling",
    ),
    "bad-polling": Fault(
        "polling.yaml is no YAML: an agent that starts with it cannot read it",
        _bad_polling,
        _polls,
        default="pol1",
        needs=Role.POLLING,
        restarts=Role.POLLING,
        where="polling",
    ),
    "collector-database": Fault(
        "ceilometer.conf names a database port where nobody listens",
        _dead_database,
        _live_database,
        needs=Role.COLLECTOR,
        restarts=Role.COLLECTOR,
        database=True,
    ),
    "api-down": Fault("the API is stopped", _api_down, _api_up, needs=Role.API, database=True),
    "no-target": Fault(
        "{new} is not installed",
        release_faults.remove_target,
        release_faults.restore_target,
        where="target",
    ),
    "wont-start": Fault(
        "the collector of {new} lacks a module and cannot start",
        release_faults.break_start,
        release_faults.restore_target,
        where="target",
        database=True,
    ),
    "dbsync-fails": Fault(
        "ceilometer-upgrade of {new} fails",
        _upgrade_fails,
        release_faults.restore_target,
        default="ctl1",
        where="target",
        database=True,
    ),
    "dbsync-hangs": Fault(
        "ceilometer-upgrade of {new} never ends",
        _upgrade_hangs,
        release_faults.restore_target,
        default="ctl1",
        where="target",
        database=True,
    ),
}
