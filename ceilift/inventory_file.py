"""Reads an inventory file and tells every fault in it at once, each with its field and remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ceilift.errors import BadInputError, Fault
from ceilift.inventory import Inventory

PATH_FIELDS = ("key_file", "known_hosts")
SQLITE = "sqlite:///"


def load_inventory(path: Path) -> Inventory:
    """Read and validate an inventory file.

    Raises BadInputError with every fault; nothing else is raised for bad input, an unreadable
    file included. Relative paths of keys, known_hosts, secret files and a SQLite ledger are taken
    from the file's own folder.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Give an existing YAML file; `ceilift inventory init` writes one"
        raise BadInputError([Fault(str(path), "", f"cannot be read ({error})", remedy)]) from None
    return parse_inventory(text, str(path), folder=path.resolve().parent)


def parse_inventory(text: str, file: str, *, folder: Path) -> Inventory:
    """Validate an inventory's text; see load_inventory."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        what = f"is not valid YAML: {' '.join(str(error).split())}"
        raise BadInputError([Fault(file, "", what, "Mend the syntax")]) from None
    if not isinstance(data, dict):
        raise BadInputError(
            [Fault(file, "", "holds no mapping", "Start from `ceilift inventory init`")]
        )
    faults: list[Fault] = []
    inventory: Inventory | None = None
    try:
        inventory = Inventory.model_validate(_anchored(data, folder))
    except ValidationError as error:
        faults = [_fault(file, item) for item in error.errors()]
    faults += [Fault(file, field, what, remedy) for field, what, remedy in _cross_faults(data)]
    if faults or inventory is None:
        raise BadInputError(faults)
    return inventory


def _fault(file: str, item: Mapping[str, Any]) -> Fault:
    field = ".".join(str(part) for part in item["loc"])
    remedies = {
        "extra_forbidden": "Remove it or mend its spelling: there is no such field",
        "missing": "Add it; `deployments/inventories/example.yaml` shows every field",
    }
    what = str(item["msg"]).removeprefix("Value error, ")
    return Fault(file, field, what, remedies.get(item["type"], "Correct the value"))


def _anchored(value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever YAML holds
    """The same data with relative file names resolved against the inventory's folder."""
    if isinstance(value, list):
        return [_anchored(item, folder) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _anchored_field(key, item, folder, value) for key, item in value.items()}


def _anchored_field(key: object, item: Any, folder: Path, around: Mapping[object, Any]) -> Any:  # noqa: ANN401
    is_secret_file = key == "file" and set(around) <= {"env", "file", "block"}
    if isinstance(item, str) and (key in PATH_FIELDS or is_secret_file):
        return str(folder / Path(item).expanduser())
    if key == "ledger" and isinstance(item, str) and item.startswith(SQLITE):
        return SQLITE + str(folder / Path(item.removeprefix(SQLITE)).expanduser())
    return _anchored(item, folder)


def _cross_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Faults between fields: twins and names of hosts that are none. Looks at raw data."""
    hosts = [host for host in data.get("hosts") or [] if isinstance(host, dict)]
    names = [str(host.get("name")) for host in hosts]
    yield from _twins(names, "name", "Give every host a name of its own")
    common = (data.get("ssh") or {}).get("port", 22) if isinstance(data.get("ssh"), dict) else 22
    doors = [f"{host.get('address')}:{_own_ssh(host).get('port', common)}" for host in hosts]
    yield from _twins(doors, "address", "Two entries for one machine: merge their roles")
    for index, host in enumerate(hosts):
        yield from _role_twins(index, host)
    for field, name in _references(data, hosts):
        if name and name not in names:
            yield field, f"{name!r} is no host of this inventory", f"Use one of: {', '.join(names)}"


def _own_ssh(host: Mapping[str, Any]) -> Mapping[str, Any]:
    ssh = host.get("ssh")
    return ssh if isinstance(ssh, dict) else {}


def _twins(values: list[str], field: str, remedy: str) -> Iterator[tuple[str, str, str]]:
    for value, count in Counter(values).items():
        if count > 1:
            places = ", ".join(str(i) for i, other in enumerate(values) if other == value)
            yield f"hosts.({places}).{field}", f"{value!r} stands {count} times", remedy


def _role_twins(index: int, host: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    roles = host.get("roles")
    known = [
        str(role if isinstance(role, str) else (role or {}).get("unit", role))
        for role in roles or []
    ]
    for role, count in Counter(known).items():
        if count > 1:
            what = f"{role!r} stands {count} times on {host.get('name')}"
            yield f"hosts.{index}.roles", what, "Keep one, or give each a unit of its own"


def _references(
    data: Mapping[str, Any], hosts: list[dict[str, Any]]
) -> Iterator[tuple[str, str | None]]:
    for index, host in enumerate(hosts):
        yield f"hosts.{index}.ssh.proxy_jump", _own_ssh(host).get("proxy_jump")
    for part in ("database", "message_bus", "coordination"):
        section = data.get(part)
        if isinstance(section, dict):
            yield f"{part}.via", section.get("via")
    database = data.get("database")
    if isinstance(database, dict):
        yield "database.dbsync_host", database.get("dbsync_host")
        backup = database.get("backup")
        if isinstance(backup, dict):
            yield "database.backup.host", backup.get("host")
