"""From the records of one look to the operator's files on a host, and its room for a release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ceilift.config_files import Options
from ceilift.host_files import Call, ConfigFile, DataFile, HostFiles, HostMeans
from ceilift.probe.records import Records

VERSION = re.compile(r"python(\d+\.\d+)$")  # also platform-python3.6


def host_files(records: Records, configs: Iterable[str]) -> HostFiles:
    """What was looked at: `configs` are the files that the units and the inventory name."""
    return HostFiles(
        tuple(_configs(records, configs)),
        tuple(DataFile(path, digest) for path, digest in sorted(records.digests.items())),
        tuple(Call(path, program) for path, program in sorted(set(records.calls))),
    )


def host_means(records: Records) -> HostMeans:
    """The interpreter's version by the name it really has; room and memory as told."""
    named = VERSION.search(records.python)
    return HostMeans(
        named[1] if named else "", records.install_free_bytes, records.memory_available_bytes
    )


def _configs(records: Records, named: Iterable[str]) -> Iterator[ConfigFile]:
    texts = {path: records.files[path].text for path in named if path in records.files}
    for path, text in sorted({**records.names, **texts}.items()):
        yield ConfigFile(path, Options(text).names)
