"""The files of nspawn hosts: who they are, how they are logged in to, and their units."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from ceilift.inventory_file import load_inventory
from ceilift.remote.login import login_for
from ceilift.remote.sudoers import sudoers
from ceilift.secrets import EnvFileSecrets
from lab import hosts
from lab.clouds import PROGRAMS, Host, Role
from lab.files import PRIVATE, link, rendered, write
from lab.nspawn.place import LOGIN, Nspawn

UNITS = "etc/systemd/system"
SUDOERS = 0o440
GROUP_MAY_READ = 0o640
_SERVICE = "ceilometer"


def with_systemd(inventory: dict[str, Any], *, stop_s: int) -> dict[str, Any]:
    """An inventory as it is where hosts have a systemd and a login without root."""
    inventory["ssh"] |= {"user": LOGIN, "become": {"method": "sudo"}}
    inventory["services"] = {"backend": "systemd", "stop_timeout_s": stop_s}
    return inventory


def lay_out_host(place: Nspawn, host: Host) -> None:
    """Write who a host is, and what the services that are on it may read and write."""
    _identity(place, host)
    _login(place, host)
    _give_to_service(place.files(host))


def write_unit(
    place: Nspawn, host: Host, role: Role, *, what: str, command: str, stop_s: int
) -> None:
    """The unit of a service, enabled."""
    folder, unit = place.files(host) / UNITS, f"{PROGRAMS[role]}.service"
    write(folder / unit, rendered("agent.service", what=what, command=command, stop_s=stop_s))
    link(folder / "multi-user.target.wants" / unit, Path(f"/{UNITS}/{unit}"))


def _identity(place: Nspawn, host: Host) -> None:
    etc = place.files(host) / "etc"
    write(etc / "hostname", f"{host.name}\n")
    write(etc / "machine-id", hashlib.md5(host.ip.encode(), usedforsecurity=False).hexdigest())
    known = [("127.0.0.1", "localhost"), *((other.ip, other.name) for other in place.hosts)]
    write(etc / "hosts", "".join(f"{address}\t{name}\n" for address, name in known))


def _login(place: Nspawn, host: Host) -> None:
    """A key, a login that is not root's, and what Ceilift says that it needs to become root."""
    etc, ssh = place.files(host) / "etc", place.lab.ssh
    write(etc / "ssh/sshd_config.d/lab.conf", rendered("nspawn-sshd.conf"))
    write(etc / "ssh/lab_authorized_keys", (ssh / "id_ed25519.pub").read_text())
    write(etc / "ssh/ssh_host_ed25519_key", (ssh / f"host-{host.name}").read_text(), PRIVATE)
    cloud = load_inventory(place.lab.inventory)
    wanted = cloud.host(host.name)
    made = sudoers(cloud, wanted, login_for(cloud, wanted, EnvFileSecrets()))
    write(etc / "sudoers.d" / LOGIN, made.text, SUDOERS)


def _give_to_service(root: Path) -> None:
    """What the services' own user has to read or write."""
    user, its_group = _numbers(root)
    for folder in ("var/log/ceilometer", hosts.LIB):
        (root / folder).mkdir(parents=True, exist_ok=True)
        os.chown(root / folder, user, its_group)
    main = root / "etc/ceilometer" / hosts.MAIN_CONFIG
    os.chown(main, 0, its_group)
    main.chmod(GROUP_MAY_READ)


def _numbers(root: Path) -> tuple[int, int]:
    """The user and group of the services on a host."""
    for line in (root / "etc/passwd").read_text().splitlines():
        user, _, number, its_group, *_ = line.split(":")
        if user == _SERVICE:
            return int(number), int(its_group)
    raise LookupError(f"{root}/etc/passwd has no {_SERVICE}")
