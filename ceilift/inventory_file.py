"""Reads an inventory file and tells every fault in it at once, each with its field and remedy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ceilift.database_address import copy_fault
from ceilift.errors import BadInputError, Fault
from ceilift.inventory import WITH_PASSWORD, Inventory

PATH_FIELDS = ("key_file", "known_hosts", "requirements")
SQLITE = "sqlite:///"
URL_FIELDS = (
    "ledger",
    "database.url",
    "database.backup.scratch.url",
    "message_bus.management_url",
    "coordination.url",
    "telemetry.url",
    "gnocchi.url",
)
IN_SQL = re.compile(r"^(?:mysql|mariadb|postgres)[^:]*://[^/@:]*:[^@]*@")  # as SQLAlchemy reads it
IN_QUERY = re.compile(r"[?&](?:password|passwd)=", re.IGNORECASE)
PASSWORDS = (WITH_PASSWORD, IN_SQL, IN_QUERY)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is


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
        data = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise BadInputError([_syntax_fault(file, error)]) from None
    if not isinstance(data, dict):
        raise BadInputError(
            [Fault(file, "", "holds no mapping", "Start from `ceilift inventory init`")]
        )
    faults: list[Fault] = []
    inventory: Inventory | None = None
    try:
        inventory = Inventory.model_validate(_anchored(data, folder))
    except ValidationError as error:
        faults = [_fault(file, item) for item in _own_faults(error)]
    faults += [Fault(file, field, what, remedy) for field, what, remedy in _cross_faults(data)]
    if faults or inventory is None:
        raise BadInputError(faults)
    return inventory


def _syntax_fault(file: str, error: yaml.YAMLError) -> Fault:
    """What is wrong and in which line; not the line itself: a secret may stand in it."""
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    what = getattr(error, "problem", None) or "it cannot be read"
    return Fault(file, place, f"is not valid YAML: {what}", "Mend the syntax")


def _own_faults(error: ValidationError) -> Iterator[Mapping[str, Any]]:
    """All of them but `too short` for a list whose items are faulty themselves: they are there."""
    found = error.errors(include_url=False)
    inner = {item["loc"][:1] for item in found if len(item["loc"]) > 1}
    yield from (i for i in found if i["type"] != "too_short" or i["loc"] not in inner)


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
        return str(folder / _expanded(item))
    if key == "ledger" and isinstance(item, str) and item.startswith(SQLITE):
        return SQLITE + str(folder / _expanded(item.removeprefix(SQLITE)))
    return _anchored(item, folder)


def _expanded(name: str) -> Path:
    """With `~` resolved; as it is where there is no such user, and then it is not found."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def _cross_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Faults between fields: twins and names of hosts that are none. Looks at raw data."""
    given = data.get("hosts")
    hosts = [_mapping(host) for host in given] if isinstance(given, list) else []
    names = [str(host.get("name", "")) for host in hosts]
    yield from _twins(names, "name", "Give every host a name of its own")
    common = _mapping(data.get("ssh")).get("port", 22)
    doors = [
        f"{host['address']}:{_mapping(host.get('ssh')).get('port', common)}"
        if "address" in host
        else ""
        for host in hosts
    ]
    yield from _twins(doors, "address", "Two entries for one machine: merge their roles")
    for index, host in enumerate(hosts):
        yield from _role_twins(index, host)
    yield from _window_twins(data.get("windows"))
    for field, name in _references(data, hosts):
        if name and name not in names:
            known = ", ".join(filter(None, names))
            yield field, f"{name!r} is no host of this inventory", f"Use one of: {known}"
    yield from _url_faults(data)
    yield from _scratch_faults(data)
    yield from _publisher_faults(data, hosts)


def _publisher_faults(
    data: Mapping[str, Any], hosts: list[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    """Files of samples stand where notification agents publish them: there has to be one."""
    if _mapping(data.get("telemetry")).get("source") != "file":
        return
    lists = [host.get("roles") for host in hosts]
    roles = [role for given in lists if isinstance(given, list) for role in given]
    if "notification" not in [_mapping(role).get("component", role) for role in roles]:
        what = "is file, and no host has the role notification: its agents publish the files"
        yield "telemetry.source", what, "Give that role to the hosts where the files stand"


def _mapping(value: object) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one: what it is instead is told elsewhere."""
    return value if isinstance(value, dict) else {}


def _url_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Secrets are given by reference alone: a URL with a password in it is refused, unshown."""
    for field in URL_FIELDS:
        section, _, name = field.rpartition(".")
        url = _section(data, section).get(name)
        if isinstance(url, str) and any(form.search(url) for form in PASSWORDS):
            remedy = "Take it out, and name where it is found: env, file or block"
            yield field, "holds a password", remedy


def _section(data: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The mapping at a dotted path; an empty one where there is none."""
    found = data
    for name in filter(None, path.split(".")):
        found = _mapping(found.get(name))
    return found


def _scratch_faults(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The copy must not be production: it is emptied, filled, and the migration is tried on it."""
    production = _section(data, "database").get("url")
    scratch = _section(data, "database.backup.scratch").get("url")
    given = isinstance(production, str) and isinstance(scratch, str)
    if given and (what := copy_fault(str(production), str(scratch))):
        remedy = "Give an empty database of its own, on the same kind of server"
        yield "database.backup.scratch.url", what, remedy


def _twins(values: list[str], field: str, remedy: str) -> Iterator[tuple[str, str, str]]:
    for value, count in Counter(values).items():
        if count > 1 and value:
            places = ", ".join(str(i) for i, other in enumerate(values) if other == value)
            yield f"hosts.({places}).{field}", f"{value!r} stands {count} times", remedy


def _role_twins(index: int, host: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    roles = host.get("roles")
    known = [
        str(_mapping(role).get("unit") or role)
        for role in (roles if isinstance(roles, list) else [])
    ]
    for role, count in Counter(known).items():
        if count > 1:
            what = f"{role!r} stands {count} times on {host.get('name')}"
            yield f"hosts.{index}.roles", what, "Keep one, or give each a unit of its own"


def _window_twins(given: object) -> Iterator[tuple[str, str, str]]:
    windows = given if isinstance(given, list) else []
    names = Counter(str(_mapping(window).get("name", "")) for window in windows)
    for name, count in names.items():
        if count > 1 and name:
            yield "windows", f"{name!r} stands {count} times", "Give every window its own name"


def _references(
    data: Mapping[str, Any], hosts: list[Mapping[str, Any]]
) -> Iterator[tuple[str, str | None]]:
    yield "ssh.proxy_jump", _mapping(data.get("ssh")).get("proxy_jump")
    for index, host in enumerate(hosts):
        yield f"hosts.{index}.ssh.proxy_jump", _mapping(host.get("ssh")).get("proxy_jump")
    for part in ("database", "message_bus", "coordination", "telemetry", "gnocchi"):
        yield f"{part}.via", _mapping(data.get(part)).get("via")
    database = _mapping(data.get("database"))
    yield "database.dbsync_host", database.get("dbsync_host")
    yield "database.backup.host", _mapping(database.get("backup")).get("host")
    scratch = _section(data, "database.backup.scratch")
    yield "database.backup.scratch.via", scratch.get("via")
