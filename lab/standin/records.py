"""What was done to a cloud of stand-ins, and how it is: read from outside, not asked of Ceilift."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ceilift.cloud import Cloud
from ceilift.inventory_file import load_inventory
from ceilift.probe import observe_hosts
from ceilift.secrets import EnvFileSecrets
from lab.standin.place import RELEASES, Standin

_ROWS = (
    "SELECT i.node, i.host, coalesce(o.status, '') AS status FROM intents i "
    "LEFT JOIN outcomes o ON o.intent_id = i.id ORDER BY i.id"
)
_CONFIGURATION = ("etc/ceilometer", "etc/supervisor", "var/backups")


@dataclass(frozen=True, slots=True)
class Written:
    """One intent of the ledger: the `nth` of its node and host; `status` is empty while open."""

    node: str
    host: str
    nth: int
    status: str


def written(standin: Standin) -> tuple[Written, ...]:
    """Every intent in order, read from the ledger's file without touching it."""
    return _counted(_asked(standin, _ROWS))


@dataclass
class Watched:
    """The ledger as it grows, read anew only where somebody has written: asking that costs nothing.

    A moment is waited for with many looks a second, and every one that reads takes time from those
    who are to reach it.
    """

    standin: Standin
    _connection: sqlite3.Connection | None = None
    _version: int = -1
    _found: tuple[Written, ...] = ()

    def written(self) -> tuple[Written, ...]:
        """Every intent in order."""
        try:
            self._read()
        except sqlite3.OperationalError:  # not made yet
            self._version = -1
        return self._found

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()

    def _read(self) -> None:
        if self._connection is None:
            self._connection = _opened(self.standin)
        [(version,)] = self._connection.execute("PRAGMA data_version").fetchall()
        if version != self._version:
            self._found = _counted(self._connection.execute(_ROWS).fetchall())
            self._version = version


def proven(standin: Standin) -> frozenset[str]:
    """The nodes of which the ledger holds evidence."""
    return frozenset(node for (node,) in _asked(standin, "SELECT node FROM evidence"))


def is_open(standin: Standin) -> bool:
    """Whether an upgrade was begun and has not ended."""
    query = "SELECT (SELECT count(*) FROM upgrades) > (SELECT count(*) FROM upgrade_ends)"
    return any(bool(row[0]) for row in _asked(standin, query))


def let_expire(standin: Standin) -> None:
    """Age the lease of a dead process, as if its two minutes had passed."""
    with closing(sqlite3.connect(standin.lab.ledger, timeout=30)) as connection, connection:
        connection.execute("UPDATE lease SET expires_at = 0")


def is_held(standin: Standin) -> bool:
    """Whether somebody holds the cloud's lease, dead or alive."""
    query = "SELECT 1 FROM lease WHERE expires_at > CAST(strftime('%s', 'now') AS REAL)"
    return bool(_asked(standin, query))


def done(standin: Standin) -> Counter[str]:
    """What was done to the hosts, each with how often: host, and the words of the log."""
    if not standin.done.is_file():
        return Counter()
    lines = standin.done.read_text(encoding="utf-8").splitlines()
    return Counter(" ".join(line.split("\t")[1:]) for line in lines)


def condition(standin: Standin) -> dict[str, str]:
    """How everything is: what each agent runs and whether it may restart, and every file's digest.

    Of a dump that there is one.
    """
    return dict(sorted({**_agents(standin), **dict(_files(standin))}.items()))


def _asked(standin: Standin, query: str) -> list[tuple[str, ...]]:
    try:
        with closing(_opened(standin)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # not made yet
        return []


def _opened(standin: Standin) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{standin.lab.ledger}?mode=ro", uri=True, timeout=30)


def _counted(rows: Sequence[tuple[str, ...]]) -> tuple[Written, ...]:
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for node, host, status in rows:
        found.append(Written(node, host, counts[node, host], status))
        counts[node, host] += 1
    return tuple(found)


def _agents(standin: Standin) -> dict[str, str]:
    inventory = load_inventory(standin.lab.inventory)
    with Cloud(inventory, EnvFileSecrets()) as cloud:
        hosts = observe_hosts(cloud.connections, inventory, RELEASES)
    found = {host.name: "not read" for host in hosts if not host.reachable}
    for one in (one for host in hosts for one in host.instances):
        runs = f"runs {one.release}, is to run {one.defined_release}, restart {one.restart}"
        found[f"{one.host} {one.unit or one.component}"] = runs
    return found


def _files(standin: Standin) -> Iterator[tuple[str, str]]:
    for host in standin.hosts:
        root = standin.files(host)
        for folder in _CONFIGURATION:
            files = [path for path in sorted((root / folder).rglob("*")) if path.is_file()]
            for name, same in groupby(files, key=lambda path: _name(root, path)):
                listed = list(same)
                dump = name.endswith(".sql.gz")
                found = str(len(listed)) if dump else _digest(standin, listed[0])
                yield f"{host.name} {name}", found


def _name(root: Path, path: Path) -> str:
    """Its path on the host; dumps of all times count as one."""
    name = str(path.relative_to(root))
    return "var/backups/dump.sql.gz" if name.endswith(".sql.gz") else name


def _digest(standin: Standin, path: Path) -> str:
    """Of what it says, the same in every such cloud."""
    text = path.read_bytes().replace(str(standin.lab.root).encode(), b"")
    return hashlib.sha256(text.replace(standin.network.encode(), b"")).hexdigest()[:12]
