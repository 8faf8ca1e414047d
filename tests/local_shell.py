"""This machine as a host: scripts really run, in a shell of their own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from time import monotonic

from ceilift.errors import TransientError
from ceilift.remote.command import Way, command_line, overran
from ceilift.remote.shell import Result


@dataclass
class LocalShell:
    """Obeys Shell with the command line that a login on a host would get."""

    host: str = "here"
    environment: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        script: str,
        *args: str,
        timeout_s: float = 30.0,
        become: bool = True,  # noqa: ARG002 - the protocol's
    ) -> Result:
        begun = monotonic()
        done = subprocess.run(
            ["sh", "-c", command_line(Way.AS_LOGIN, args, timeout_s)],
            input=script,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], **self.environment},
            check=False,
        )
        if overran(done.returncode, monotonic() - begun, timeout_s):
            raise TransientError(f"{self.host}: no answer in {timeout_s} s", host=self.host)
        return Result(done.returncode, done.stdout, done.stderr, monotonic() - begun)
