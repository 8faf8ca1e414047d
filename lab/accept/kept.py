"""What scenarios gave at this commit, kept so that an interrupted run of all goes on behind them.

A result is kept as it is, failed or not, and printed again: nothing is run until it is green.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.accept.checks import Check, Checks
from lab.errors import LabError
from lab.settings import REPOSITORY


@dataclass(frozen=True, slots=True)
class Result:
    """One run of a scenario: when it ended, its line of the table, and its demands."""

    name: str
    at: str
    row: str
    checks: tuple[Check, ...]


@dataclass
class Kept:
    """The results of one acceptance in a file; without a commit of their own nothing is kept."""

    file: Path
    commit: str
    found: dict[str, Result] = field(default_factory=dict)

    def once(self, checks: Checks, name: str, run: Callable[[Checks], str]) -> str:
        """Run what has no result yet; gives its line. A run that cannot be made is a failed one."""
        if name in self.found:
            print(f"{name}: as it ended at {self.found[name].at}, at this commit")
        else:
            own = Checks(name, short=checks.short)
            try:
                row = run(own)
            except LabError as error:
                own.demand(f"{name}: run to its end", met=False, figure=error)
                row = f"{name:34} not run to its end"
            self._keep(Result(name, moment(), row, tuple(own.found)))
        checks.found += self.found[name].checks
        return self.found[name].row

    def _keep(self, result: Result) -> None:
        self.found[result.name] = result
        keep_line(self.file, self.commit, asdict(result))


def kept_results(file: Path, commit: str) -> Kept:
    """The results of that commit; none without one."""
    found: dict[str, Result] = {}
    for data in kept_lines(file, commit):
        checks = tuple(Check(**one) for one in data.pop("checks"))
        found[data["name"]] = Result(checks=checks, **data)
    return Kept(file, commit, found)


def kept_lines(file: Path, commit: str) -> Iterator[dict[str, Any]]:
    """What was kept in that file at that commit, in its order; nothing without a commit."""
    lines = file.read_text(encoding="utf-8").splitlines() if commit and file.is_file() else []
    for data in map(json.loads, lines):
        if data.pop("commit") == commit:
            yield data


def keep_line(file: Path, commit: str, data: Mapping[str, Any]) -> None:
    """Add a line to that file, in one piece; nothing without a commit."""
    if commit:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"commit": commit, **data}) + "\n")


def clean_commit() -> str:
    """The checkout's commit; empty where something was changed since, or git does not tell."""
    if _git("status", "--porcelain") != "":
        return ""
    return _git("rev-parse", "HEAD") or ""


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", REPOSITORY, *words], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def moment() -> str:
    """Now, as it is kept."""
    return datetime.now(UTC).isoformat(timespec="seconds")
