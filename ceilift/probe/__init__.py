"""Looks at hosts: what runs, which release it really is, what is installed and configured."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ceilift.clock import now
from ceilift.errors import StepFailedError, TransientError, UnreachableError
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import BESIDE_SUFFIX, Host
from ceilift.probe.files_script import FILES
from ceilift.probe.host import Seen, host_state
from ceilift.probe.records import parse
from ceilift.probe.script import END, PROBE
from ceilift.remote.shell import Shell
from ceilift.remote.ssh import Connections
from ceilift.state import HostState

WORKERS = 32
TIMEOUT_S = 30.0
# systemd.unit(5). Packages put them into the first where /lib is not yet one with /usr/lib.
SYSTEMD = ("/lib/systemd/system", "/usr/lib/systemd/system", "/etc/systemd/system")


def observe_hosts(
    connections: Connections,
    inventory: Inventory,
    releases: Iterable[str],
    names: Iterable[str] | None = None,
    *,
    files: bool = False,
) -> tuple[HostState, ...]:
    """Every host (or the named ones), looked at side by side, in the inventory's order.

    With `files`, also at the operator's files and at the room for a release.
    A host that cannot be reached or read is in the result as unreachable, with the reason.
    """
    wanted = None if names is None else frozenset(names)
    hosts = [host for host in inventory.hosts if wanted is None or host.name in wanted]
    known = tuple(releases)

    def look(host: Host) -> HostState:
        try:
            shell = connections.shell(host.name)
            return observe_host(shell, host, inventory, known, files=files)
        except (UnreachableError, TransientError) as error:
            return HostState(
                host.name, reachable=False, problem_kind=error.kind, problem=str(error)
            )
        except StepFailedError as error:
            return HostState(
                host.name, reachable=False, problem_kind="unreachable", problem=str(error)
            )

    with ThreadPoolExecutor(min(WORKERS, max(len(hosts), 1))) as pool:
        return tuple(pool.map(look, hosts))


def observe_host(
    shell: Shell,
    host: Host,
    inventory: Inventory,
    releases: tuple[str, ...],
    *,
    files: bool = False,
) -> HostState:
    """One host, in one round trip. Raises UnreachableError or TransientError."""
    before = now()
    script = PROBE + (FILES if files else END)
    result = shell.run(script, *_arguments(inventory, host, releases), timeout_s=TIMEOUT_S)
    records = parse(result.stdout)
    if not result.ok or records.clock is None:
        said = result.stderr.strip().splitlines()[-1:] or [f"exit code {result.code}"]
        raise TransientError(f"{host.name}: looking at it failed: {said[0]}", host=host.name)
    arrived = now() - result.seconds if result.seconds < now() - before else before
    return host_state(Seen(inventory, host, records, releases), records.clock - arrived)


def _definitions(inventory: Inventory, host: Host) -> list[str]:
    """Where unit files are looked for: as the inventory says; with systemd, in its folders too.

    It knows the units in these whatever the inventory names: packages put theirs elsewhere than
    operators do.
    """
    given = [inventory.path(inventory.services.definition, host, unit="*")]
    if inventory.services.backend != "systemd":
        return given
    units = [role.unit_name.removesuffix(".service") for role in host.roles]
    beside = [f"{unit}*{BESIDE_SUFFIX}" for unit in units]
    names = ["*ceilometer*", *units, *beside]
    return given + [
        f"{host.root}{folder}/{name}.service" for folder in SYSTEMD for name in dict.fromkeys(names)
    ]


def _arguments(inventory: Inventory, host: Host, releases: tuple[str, ...]) -> tuple[str, ...]:
    folders = " ".join(
        inventory.path(inventory.install.path, host, release=release) for release in releases
    )
    definitions = _definitions(inventory, host)
    definitions += [inventory.path(role.config, host) for role in host.roles if role.config]
    backup = inventory.database.backup if inventory.database else None
    folder = backup.folder if backup and backup.host == host.name else ""
    return (
        host.root,
        folders,
        " ".join(definitions),
        inventory.path(inventory.config.main, host),
        inventory.path(inventory.wsgi.config, host) if inventory.wsgi else "",
        folder,
        inventory.services.backend,
        inventory.install.python,
        inventory.path(inventory.install.path, host, release=""),
    )
