"""What was seen of the stores beside their samples: what accounts may do, and Gnocchi."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EVERYTHING = "ALL PRIVILEGES"  # MariaDB's and MySQL's word for each of them
OWNER = "OWNER"  # our word for PostgreSQL: every table is the account's own

Use = Literal["database", "scratch"]


@dataclass(frozen=True, slots=True)
class Account:
    """The account of one database URL, and what it may do there as the server's books say.

    `use` tells whose URL it is; `problem` why nothing is known of it. `server` is mariadb, mysql or
    postgresql. `name` and `scope` are written as a GRANT names the account and the whole database
    (PostgreSQL: the schema). `held` are privileges on all of that scope, in the server's words;
    those on single tables are in `single`. `foreign` are PostgreSQL's tables of other owners,
    `unread` its tables and sequences that the account may not read. `migration` is the number of
    the last migration that the database has had (None: it tells none). `is_taken`: a scratch
    database that holds what Ceilift did not put there.
    """

    use: Use
    problem: str = ""
    server: str = ""
    name: str = ""
    scope: str = ""
    held: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    migration: int | None = None
    is_taken: bool = False

    def lacks(self, *needed: str) -> tuple[str, ...]:
        """Those of the privileges that it does not hold on the whole of its scope."""
        if EVERYTHING in self.held:
            return ()
        return tuple(one for one in needed if one not in self.held)


@dataclass(frozen=True, slots=True)
class GnocchiState:
    """Gnocchi as its API tells it: whether it answers, its version, and what waits in it.

    `measures` were received and not yet processed, of so many `metrics`; `later` is the same number
    of measures `apart_s` seconds afterwards. `processors` are the metricd processes that are there
    (None: it does not tell). `unread` says why what waits was not read, `problem` why nothing was.
    """

    reachable: bool
    problem: str = ""
    version: str = ""
    unread: str = ""
    measures: int | None = None
    metrics: int | None = None
    later: int | None = None
    apart_s: float = 0.0
    processors: int | None = None
