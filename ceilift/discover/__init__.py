"""Finds out what runs on hosts that nobody has described yet: for a first inventory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from ceilift.clock import Timeline
from ceilift.component import Component
from ceilift.config_files import Options
from ceilift.discover.found import Agent, Found
from ceilift.errors import CeiliftError, TransientError
from ceilift.inventory import Inventory, MessageBus, Services
from ceilift.inventory_hosts import Host, SecretRef, Ssh
from ceilift.probe.host import Seen, component_of, definitions
from ceilift.probe.records import Records, parse
from ceilift.probe.script import PROBE
from ceilift.remote.ssh import Connections
from ceilift.secrets import SecretSource

MAIN = "{root}/etc/ceilometer/ceilometer.conf"
TIMEOUT_S = 30.0
WORKERS = 32
Backend = Literal["systemd", "supervisor"]
DEFINITIONS: dict[Backend, tuple[str, ...]] = {
    "systemd": (
        "/lib/systemd/system/*ceilometer*.service",
        "/usr/lib/systemd/system/*ceilometer*.service",
        "/etc/systemd/system/*ceilometer*.service",
    ),
    "supervisor": ("/etc/supervisor/conf.d/*.conf", "/etc/supervisord.d/*.ini"),
}


def discover(hosts: Sequence[Host], ssh: Ssh, secrets: SecretSource) -> tuple[Found, ...]:
    """Look at every host, side by side; what could not be reached is told with the reason.

    Nothing is changed. A host is looked at for units of systemd and of supervisor; which of them
    manages its agents is told by where there are more.
    """
    seeds = {backend: _seed(hosts, ssh, backend) for backend in DEFINITIONS}
    with Connections(seeds["systemd"], secrets, Timeline()) as connections:

        def look(host: Host) -> Found:
            try:
                looks = [_look(connections, host, seed) for seed in seeds.values()]
            except CeiliftError as error:
                return Found(host, problem=str(error))
            return max(looks, key=lambda found: len(found.agents))

        with ThreadPoolExecutor(min(WORKERS, max(len(hosts), 1))) as pool:
            return tuple(pool.map(look, hosts))


def _seed(hosts: Sequence[Host], ssh: Ssh, backend: Backend) -> Inventory:
    """As much of an inventory as a look needs; nothing but its hosts is ever asked."""
    bus = MessageBus(management_url="http://localhost", user="", password=SecretRef(env="NONE"))
    return Inventory(
        cloud="draft",
        ssh=ssh,
        hosts=tuple(hosts),
        services=Services(backend=backend),
        message_bus=bus,
        ledger="sqlite:///ledger.db",
    )


def _look(connections: Connections, host: Host, seed: Inventory) -> Found:
    """First for the units, then for the files and folders that these name."""
    main = MAIN.format(root=host.root)
    first = definitions(Seen(seed, host, _records(connections, host, seed, main, ()), ()))
    named = [one.configs[0] for one in first if one.configs]
    main = max(set(named), key=named.count, default=main)
    folders = sorted({_folder(one.program) for one in first} - {""})
    records = _records(connections, host, seed, main, folders)
    agents = [
        Agent(
            one.component,
            one.unit,
            one.namespaces,
            one.configs,
            _folder(one.program),
            records.installed.get(_folder(one.program), ""),
        )
        for one in definitions(Seen(seed, host, records, ()))
    ]
    texts = [records.files[name].text for name in (main,) if name in records.files]
    return Found(
        host,
        backend=seed.services.backend,
        agents=tuple(agents),
        api=any(component_of(process) is Component.API for process in records.processes),
        main=main,
        options=Options("\n".join(texts)) if texts else None,
    )


def _records(
    connections: Connections, host: Host, seed: Inventory, main: str, folders: Iterable[str]
) -> Records:
    backend = seed.services.backend
    names = " ".join(f"{host.root}{name}" for name in DEFINITIONS[backend])
    words = (host.root, " ".join(folders), names, main, "", "", backend)
    result = connections.shell(host.name).run(PROBE, *words, timeout_s=TIMEOUT_S)
    records = parse(result.stdout)
    if not result.ok or records.clock is None:
        said = result.stderr.strip().splitlines()[-1:] or [f"exit code {result.code}"]
        raise TransientError(f"{host.name}: looking at it failed: {said[0]}", host=host.name)
    return records


def _folder(program: str) -> str:
    """The release's folder that a program stands in: /opt/ceilometer/9.0.7/bin/ceilometer-api."""
    folder, _, name = program.rpartition("/bin/")
    return folder if name else ""
