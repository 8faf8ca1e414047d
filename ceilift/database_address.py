"""Which database a URL leads to: so that a copy is never taken for the one that is in use."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

DEFAULT_PORTS = {"mysql": 3306, "postgresql": 5432}
HERE = "localhost"


@dataclass(frozen=True, slots=True)
class Address:
    """A database, its server's names made comparable: every loopback address is `localhost`."""

    backend: str
    host: str
    port: int
    name: str


def address_of(url: str) -> Address:
    """Where an SQLAlchemy URL leads. Raises ValueError, without the URL, when it names no database.

    MariaDB and MySQL are one backend; names are compared without regard to capitals, as some
    servers do.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("it cannot be read as a URL") from None
    backend = parts.scheme.partition("+")[0].replace("mariadb", "mysql")
    name = unquote(parts.path.lstrip("/"))
    if backend not in DEFAULT_PORTS:
        raise ValueError("it is no URL of MariaDB, MySQL or PostgreSQL")
    if not name:
        raise ValueError("it names no database")
    return Address(backend, _host(parts), port or DEFAULT_PORTS[backend], name.casefold())


def shown_address(url: str) -> str:
    """Where an SQLAlchemy URL leads, in one word without its user; empty when it cannot be told."""
    try:
        found = address_of(url)
    except ValueError:
        return ""
    return f"{found.backend}://{found.host}:{found.port}/{found.name}"


def copy_fault(production: str, scratch: str) -> str:
    """Why the scratch database's URL cannot be used beside production's; empty when it can."""
    try:
        ours = address_of(scratch)
    except ValueError as error:
        return str(error)
    try:
        theirs = address_of(production)
    except ValueError as error:
        return f"database.url cannot be compared with it: {error}"
    if ours == theirs:
        return "it is production's own database"
    if ours.backend != theirs.backend:
        return f"production is {theirs.backend}, and a dump of it does not restore into another"
    return ""


def _host(parts: SplitResult) -> str:
    given = parse_qs(parts.query).get("host", [""])[0]
    host = (parts.hostname or given).rstrip(".").casefold()
    if not host or host == HERE or host.startswith(("/", f"{HERE}.")):
        return HERE
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return HERE if address.is_loopback or address.is_unspecified else address.compressed
