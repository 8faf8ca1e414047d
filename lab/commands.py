"""Running commands of this machine: always lists, always with a deadline."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.errors import LabError
from lab.settings import MARK, Lab

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def clean_environment(lab: Lab, **more: str) -> dict[str, str]:
    """What the lab's processes see: nothing of the caller's shell, and the mark of this lab."""
    return {
        "PATH": SYSTEM_PATH,
        "HOME": str(lab.root),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        MARK: str(lab.root),
        **more,
    }


def run(
    command: Sequence[str | Path],
    *,
    within: float = 60,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
) -> str:
    """The standard output; LabError shows the end of what a failed command said."""
    words = [os.fspath(word) for word in command]
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=within,
            env=env,
            input=stdin,
            check=False,
            cwd=cwd,
        )
    except subprocess.TimeoutExpired as late:
        raise LabError(f"{words[0]} did not end within {within:.0f} s") from late
    except OSError as error:
        raise LabError(f"{words[0]}: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise LabError(f"{' '.join(words[:3])} … exited {done.returncode}: {said}")
    return done.stdout
