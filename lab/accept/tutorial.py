"""The commands of a tutorial, as they stand on its page: typed one after the other."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from lab.accept.checks import Checks

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "tutorial" / "approve-in-the-ui.md"
TYPED = ("    sh ", "    bin/", "    .venv/bin/")
WITHIN_S = 900


def commands(*sections: str) -> list[str]:
    """The commands under these headings, told by how they begin (`2.`), in the page's order."""
    parts = PAGE.read_text(encoding="utf-8").split("\n## ")
    wanted = (part for begin in sections for part in parts if part.startswith(begin))
    lines = (line for part in wanted for line in part.splitlines())
    return [line.strip() for line in lines if line.startswith(TYPED)]


def typed(checks: Checks, *sections: str) -> None:
    """Type the commands under these headings, as the page says, and demand that each succeeds."""
    for words in commands(*sections):
        done = subprocess.run(shlex.split(words), cwd=REPOSITORY, check=False, timeout=WITHIN_S)
        checks.demand(f"tutorial: {words}", done.returncode == 0, f"exit {done.returncode}")
