"""A unit under supervisor, and what is asked of its manager."""

from __future__ import annotations

import shlex
from pathlib import Path

from ceilift.clock import now
from ceilift.services.supervisor import Supervisor

from .conftest import UNIT, LocalHost

DEFINITION = """\
; /opt/ceilometer/8.1.5 stays in a comment
[program:{unit}]
command={root}/opt/ceilometer/8.1.5/bin/agent --config-file {root}/etc/x.conf --log-file {root}/log
environment=PATH="{root}/opt/ceilometer/8.1.5/bin:/usr/bin",OTHER="/srv{root}/opt/ceilometer/8.1.5"
autostart=true
autorestart = unexpected
startsecs=0

[program:other]
command={root}/opt/ceilometer/8.1.5/bin/other
autostart=true
"""


def defined(host: LocalHost, text: str = DEFINITION, mode: int = 0o640) -> Path:
    host.release("8.1.5")
    host.release("9.0.7")
    file = host.file(f"etc/conf.d/{UNIT}.conf", text.format(unit=UNIT, root=host.root), mode)
    host.fake("file", str(file))
    return file


def running(host: LocalHost, text: str = DEFINITION) -> Path:
    """The unit defined, and running at 8.1.5."""
    file = defined(host, text)
    ask(host, "update")
    ask(host, "start")
    host.fake("calls", "")
    return file


def ask(host: LocalHost, *words: str) -> str:
    return host.run(shlex.join(["supervisorctl", *words, UNIT])).stdout.strip()


def stop(host: LocalHost) -> str:
    return Supervisor(host.inventory).stop(host.act(), host, "stop-1", UNIT)


def start(host: LocalHost, version: str = "9.0.7") -> str:
    new = str(host.root / "opt" / "ceilometer" / version)
    return Supervisor(host.inventory).start(host.act(), host, "start-1", UNIT, new)


def enable(host: LocalHost) -> str:
    return Supervisor(host.inventory).enable(host.act(), host, "enable-1", UNIT)


def alive(pid: str) -> bool:
    """Whether the process lives, or anything of its group."""
    groups = [Path(entry, "stat") for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return any(_group_of(stat) == pid for stat in groups)


def gone(pid: str) -> bool:
    """Whether the process and its group are gone: one that is ending may be seen for a moment."""
    deadline = now() + 5
    while (found := alive(pid)) and now() < deadline:
        pass
    return not found


def _group_of(file: Path) -> str:
    try:
        words = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if words[0] == "Z" else words[2]
