"""What the operator keeps on a host beside the packages: options, data files, calls of programs.

Names and digests alone, and the name of one account: no other value of an option, and no line of a
file. `uses` are what definitions use of the data models, in the words of the mantra's check: names
of resource types and their attributes, of fields of samples, of kinds of events.
"""

from __future__ import annotations

from dataclasses import dataclass

STAGE_FREE_MB = 500  # free before a release is installed: an environment of 17.0.2 takes about 250


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One configuration file of Ceilometer and the options that it sets, each `[group] name`."""

    path: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that stands in for one of the package's; `digest` is the SHA-256 of its bytes."""

    path: str
    digest: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file or folder that an option names, and what is there.

    `path` is absolute where it was found; a bare name was found nowhere. `there` is `file`,
    `folder`, `missing` or `closed`: not to be read by us, or by the agents. `digest` is a file's.
    """

    option: str
    path: str
    there: str
    digest: str = ""
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A unit or cron file that calls one of Ceilometer's programs."""

    path: str
    program: str


@dataclass(frozen=True, slots=True)
class HostFiles:
    """The operator's files on one host, as far as they were looked at; none: nobody looked.

    `database_user` is the account by which the main configuration leads to a database ("": none).
    """

    configs: tuple[ConfigFile, ...] = ()
    data: tuple[DataFile, ...] = ()
    calls: tuple[Call, ...] = ()
    database_user: str = ""
    named: tuple[NamedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexSeen:
    """Whether pip, as it is set up on a host, finds releases of Ceilometer.

    `hosts` are the package indexes that were asked, without path and login; none where it looks in
    folders alone. `problem` is why it finds nothing, in words of ours.
    """

    answers: bool
    hosts: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HostMeans:
    """What a release to be installed would find on a host (None or "": it could not be told).

    `python` is the version of the interpreter that environments are made with (`3.11`), `venv`
    whether it can make one. `index` is asked for where a release is to be installed by us.
    """

    python: str = ""
    install_free_bytes: int | None = None
    memory_available_bytes: int | None = None
    venv: bool | None = None
    index: IndexSeen | None = None
