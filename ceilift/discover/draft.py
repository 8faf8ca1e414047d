"""From what was found on the hosts to the text of a first inventory, to be read and completed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import yaml

from ceilift.component import Component
from ceilift.discover.found import Agent, Found
from ceilift.inventory_hosts import UNITS, Host

HEAD = """\
# A draft, made from what was found on the hosts. Read every line; TODO says what nobody could tell.
# Secrets stand here by reference only: {env: NAME}, {file: PATH} or {block: NAME}.
"""
MAIN = "{root}/etc/ceilometer/ceilometer.conf"
GNOCCHI = "gnocchi"
MANAGEMENT_PORT = 15672  # rabbitmq_management's own


def draft(cloud: str, found: Sequence[Found], ssh: Mapping[str, Any]) -> str:
    """The inventory as YAML with remarks. No password is in it, whatever the files held."""
    parts = [HEAD + _yaml(cloud=cloud)]
    if ssh:
        parts.append(_yaml(ssh=dict(ssh)))
    parts += [_hosts(found), *_paths(found), *_stores(found)]
    parts.append("# Every controller of this cloud must share it; PostgreSQL for more than one.\n")
    parts[-1] += _yaml(ledger="sqlite:///ledger.db")
    return "\n".join(parts)


def _yaml(**fields: object) -> str:
    return yaml.safe_dump(fields, sort_keys=False, width=100)


def _hosts(found: Sequence[Found]) -> str:
    lines = ["hosts:"]
    for one in found:
        if one.problem:
            lines.append(f"  # TODO not seen: {' '.join(one.problem.split())}")
        elif not one.agents and not one.api:
            lines.append("  # TODO nothing of Ceilometer was found here")
        entry = [_host(one, _common_main(found))]
        text = yaml.safe_dump(entry, sort_keys=False, default_flow_style=None, width=100)
        lines += [f"  {line}" for line in text.splitlines()]
    return "\n".join(lines) + "\n"


def _host(one: Found, main: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": one.host.name, "address": one.host.address}
    if one.host.root:
        entry["root"] = one.host.root
    roles = [_role(agent, one.host, main) for agent in one.agents]
    named = {agent.component for agent in one.agents}
    if one.api and Component.API not in named:
        roles.append("api")
    return {**entry, "roles": roles}


def _role(agent: Agent, host: Host, main: str) -> str | dict[str, Any]:
    """The short form where it says the same."""
    config = agent.configs[0] if agent.configs else ""
    usual = agent.unit == UNITS[agent.component]
    if usual and len(agent.namespaces) < 2 and config in ("", main.format(root=host.root)):  # noqa: PLR2004
        return "-".join((agent.component.value, *agent.namespaces))
    role: dict[str, Any] = {"component": agent.component.value}
    if agent.namespaces:
        role["namespaces"] = list(agent.namespaces)
    if not usual:
        role["unit"] = agent.unit
    if config not in ("", main.format(root=host.root)):
        role["config"] = _rooted(config, host)
    return role


def _paths(found: Sequence[Found]) -> Iterator[str]:
    folders = [
        (_rooted(agent.folder, one.host), agent.release)
        for one in found
        for agent in one.agents
        if agent.folder
    ]
    patterns = [f.replace(r, "{release}") for f, r in folders if r and r in f]
    seen = ", ".join(sorted({f"{release or '?'} in {folder}" for folder, release in folders}))
    remark = f"# Found: {seen or 'no release'}.\n"
    if not patterns:
        remark += "# TODO a folder for each release, side by side: where is the target to stand?\n"
    yield remark + _yaml(
        install={"backend": "venv", "path": _usual(patterns, "{root}/opt/ceilometer/{release}")}
    )
    backend = _usual([one.backend for one in found if one.agents], "systemd")
    services = {"backend": backend, "definition": _definition(backend)}
    yield _yaml(services=services)
    yield _yaml(config={"main": _common_main(found)})
    if any(one.api for one in found):
        yield (
            "# TODO the API runs under a web server: the file that names the release, the WSGI\n"
            "# script, and the command that makes the server see a change (none for mod_wsgi).\n"
            "# wsgi:\n"
            "#   config: /etc/ceilometer/app.wsgi\n"
            "#   script: /etc/ceilometer/app.wsgi\n"
            "#   reload: []\n"
        )


def _definition(backend: str) -> str:
    folders = {"supervisor": "{root}/etc/supervisor/conf.d/{unit}.conf"}
    return folders.get(backend, "{root}/etc/systemd/system/{unit}.service")


def _stores(found: Sequence[Found]) -> Iterator[str]:
    first = next((one.host.name for one in found if _has(one, Component.COLLECTOR)), "")
    first = first or (found[0].host.name if found else "")
    connection = _option(found, "database", "connection")
    dispatchers = _option(found, "DEFAULT", "meter_dispatchers")
    database = None if GNOCCHI in dispatchers else _database(connection, first)
    if database is not None:
        yield _yaml(database=database) + _yaml(store="ceilometer")
    else:
        store = GNOCCHI if GNOCCHI in dispatchers else "other"
        yield "# No Ceilometer database was found.\n" + _yaml(store=store)
    if GNOCCHI in dispatchers:
        yield "# TODO Gnocchi's API, to have its version and backlog told: gnocchi: {url: ...}\n"
    yield _bus(_option(found, "DEFAULT", "transport_url"))
    backend = _option(found, "coordination", "backend_url")
    if backend:
        yield _yaml(coordination=_without_password(backend, "CEILIFT_COORDINATION_PASSWORD"))


def _database(connection: str, host: str) -> dict[str, Any] | None:
    backend = connection.partition(":")[0].partition("+")[0]
    if backend not in {"mysql", "mariadb", "postgresql"}:
        return None
    entry = _without_password(connection, "CEILIFT_DATABASE_PASSWORD")
    backup = {"policy": "dump", "host": host, "folder": "/var/backups/ceilometer"}
    return {**entry, "dbsync_host": host, "backup": backup}


def _bus(transport: str) -> str:
    parts = urlsplit(transport.split(",", maxsplit=1)[0])
    host = parts.hostname or "localhost"
    remark = "# TODO the management API's address and a user who may read it.\n"
    if not transport:
        remark += "# No transport_url was found.\n"
    return remark + _yaml(
        message_bus={
            "management_url": f"http://{host}:{MANAGEMENT_PORT}",
            "user": parts.username or "ceilift",
            "password": {"env": "CEILIFT_RABBITMQ_PASSWORD"},
            "vhost": parts.path.removeprefix("/") or "/",
        }
    )


def _without_password(url: str, variable: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.password is None:
        return {"url": url}
    user = f"{parts.username}@" if parts.username else ""
    netloc = user + parts.netloc.rpartition("@")[2]
    return {"url": parts._replace(netloc=netloc).geturl(), "password": {"env": variable}}


def _option(found: Sequence[Found], section: str, name: str) -> str:
    """What most hosts that have agents say; empty where none says anything."""
    said = [one.options.get(section, name) for one in found if one.options and one.agents]
    return _usual([value.strip() for value in said if value], "")


def _has(one: Found, component: Component) -> bool:
    return any(agent.component is component for agent in one.agents)


def _common_main(found: Sequence[Found]) -> str:
    return _usual([_rooted(one.main, one.host) for one in found if one.agents], MAIN)


def _rooted(path: str, host: Host) -> str:
    """The path as the inventory writes it: below {root} where the host has one."""
    inside = bool(host.root) and path.startswith(f"{host.root}/")
    return "{root}" + path.removeprefix(host.root) if inside else path


def _usual(values: Iterable[str], otherwise: str) -> str:
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else otherwise
