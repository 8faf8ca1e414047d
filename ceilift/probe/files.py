"""From the records of one look to the operator's files on a host, and its room for a release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from ceilift.config_files import Options
from ceilift.host_files import Call, ConfigFile, DataFile, HostFiles, HostMeans, NamedFile
from ceilift.mantra import uses_of
from ceilift.probe.records import Records

ANSWERS = frozenset({"yes", "no"})
VERSION = re.compile(r"python(\d+\.\d+)$")  # also platform-python3.6


def host_files(records: Records, configs: Iterable[str]) -> HostFiles:
    """What was looked at: `configs` are the files that inventory and units name, the main first."""
    named = tuple(configs)
    return HostFiles(
        tuple(_configs(records, named)),
        tuple(
            DataFile(path, digest, _uses(records, path))
            for path, digest in sorted(records.digests.items())
        ),
        tuple(Call(path, program) for path, program in sorted(set(records.calls))),
        _database_user(records, *named[:1]),
        tuple(NamedFile(*row, _uses(records, row[1])) for row in sorted(set(records.named))),
    )


def host_means(records: Records) -> HostMeans:
    """The interpreter's version by the name it really has; room and memory as told."""
    named = VERSION.search(records.python)
    return HostMeans(
        named[1] if named else "",
        records.install_free_bytes,
        records.memory_available_bytes,
        None if records.venv not in ANSWERS else records.venv == "yes",
    )


def _uses(records: Records, path: str) -> tuple[str, ...]:
    """What definitions use of the data models; nothing of other files, whose text is not read."""
    return uses_of(records.files[path].text) if path in records.files else ()


def _database_user(records: Records, main: str = "") -> str:
    """Who the migration is in the database (ceilometer/storage, get_connection_from_config)."""
    options = Options(records.files[main].text if main in records.files else "")
    given = (options.get("database", name) for name in ("metering_connection", "connection"))
    try:
        return unquote(urlsplit(next(filter(None, given), "")).username or "")
    except ValueError:  # no URL
        return ""


def _configs(records: Records, named: Iterable[str]) -> Iterator[ConfigFile]:
    texts = {path: records.files[path].text for path in named if path in records.files}
    for path, text in sorted({**records.names, **texts}.items()):
        yield ConfigFile(path, Options(text).names)
