"""Processor time of commands, to compare one with another in the same run."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CEILIFT = Path(sys.executable).with_name("ceilift")

IMPORT_PREFECT = (sys.executable, "-c", "import prefect")
"""A yardstick: some work that every machine here has to do, as fast as it can."""


def processor_seconds(command: Sequence[str | Path], times: int = 3) -> float:
    """What the quickest of several runs used: the first may compile, the machine may be busy.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    used = []
    for _ in range(times):
        before = os.times().children_user + os.times().children_system
        subprocess.run(command, capture_output=True, check=True)
        used.append(os.times().children_user + os.times().children_system - before)
    return min(used)
