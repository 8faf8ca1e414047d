"""The lab's own supervisord: its servers, and each host's sshd and supervisord."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.commands import clean_environment, run
from lab.files import write
from lab.rpc import Supervisor
from lab.settings import Lab
from lab.waiting import until

CONFIG = "overseer.conf"
SCRIPT_FOLDER = Path(sys.executable).parent

_HEAD = """\
[unix_http_server]
file={run}/overseer.sock
chmod=0700

[supervisord]
logfile={logs}/overseer.log
pidfile={run}/overseer.pid
childlogdir={logs}
directory={root}
identifier=lab

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{run}/overseer.sock
"""


@dataclass(frozen=True, slots=True)
class Program:
    """One process the lab keeps running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 20
    restart: bool = True
    as_group: bool = False

    def section(self, logs: Path) -> str:
        """The program as supervisor reads it."""
        settings = {
            "command": " ".join(self.command),
            "environment": ",".join(f'{k}="{v}"' for k, v in self.environment.items()),
            "autostart": "false",
            "autorestart": str(self.restart).lower(),
            "stopwaitsecs": self.stop_seconds,
            "stopasgroup": str(self.as_group).lower(),
            "killasgroup": "true",
            "startsecs": 0 if self.name.startswith("sshd") else 1,
            "redirect_stderr": "true",
            "stdout_logfile": logs / f"{self.name}.log",
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": 1,
        }
        lines = [f"{key}={value}" for key, value in settings.items() if value != ""]
        return "\n".join((f"[program:{self.name}]", *lines, ""))


def overseer(lab: Lab) -> Supervisor:
    """The lab's supervisord, running or not."""
    return Supervisor(lab.run / "overseer.sock")


def ensure(lab: Lab, programs: tuple[Program, ...]) -> Supervisor:
    """Start the lab's supervisord if it does not answer; its programs start later."""
    head = _HEAD.format(run=lab.run, logs=lab.logs, root=lab.root)
    text = "\n".join((head, *(program.section(lab.logs) for program in programs)))
    changed = write(lab.root / CONFIG, text)
    there = overseer(lab)
    if there.alive():
        if changed:
            _reread(there)
    else:
        supervisord = SCRIPT_FOLDER / "supervisord"
        run([supervisord, "-c", lab.root / CONFIG], env=clean_environment(lab), cwd=lab.root)
        until(there.alive, "the lab's supervisord answers", within=10)
    return there


def _reread(there: Supervisor) -> None:
    """Take up a changed configuration; programs that did not change run on."""
    added, changed, removed = there.call("supervisor.reloadConfig")[0]
    for name in (*changed, *removed):
        there.stop(name)
        there.call("supervisor.removeProcessGroup", name)
    for name in (*added, *changed):
        there.call("supervisor.addProcessGroup", name)
