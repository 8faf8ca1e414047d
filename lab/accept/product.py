"""The product as a user runs it: its command line, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.settings import Lab

UPGRADE_WITHIN_S = 1800


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:  # noqa: ANN401 - whatever it printed
        """Its standard output, which holds JSON and nothing else."""
        return json.loads(self.stdout)


def ceilift(
    *words: str, within: float = UPGRADE_WITHIN_S, env: Mapping[str, str] | None = None
) -> Said:
    """Run `ceilift` with these words; its progress goes on to our standard error.

    `env`: the environment in place of ours.
    """
    program = Path(sys.executable).with_name("ceilift")
    process = subprocess.Popen(
        [program, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ if env is None else env,
    )
    try:
        out, err = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += f"\nstopped by the scenario after {within:.0f} s"
    sys.stderr.write(err)
    return Said(process.returncode, out, err)


def plan(lab: Lab, to: str, *more: str, path: str = "full") -> dict[str, Any]:
    """The plan for the lab, as JSON."""
    said = ceilift("plan", *_cloud(lab, to, path), *more, "--format", "json", within=60)
    found: dict[str, Any] = said.json()
    return found


def upgrade(lab: Lab, to: str, approve: str, *more: str, path: str = "full") -> Said:
    """Carry out the approved plan; the report comes back as JSON."""
    cloud = _cloud(lab, to, path)
    return ceilift("upgrade", *cloud, "--approve", approve, *more, "--format", "json")


def _cloud(lab: Lab, to: str, path: str) -> tuple[str, ...]:
    return ("--inventory", str(lab.inventory), "--to", to, "--path", path)
