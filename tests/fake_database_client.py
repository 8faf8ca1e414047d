"""A database client in front of the machine's own: it remembers what it is asked, and answers."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECRET = """pa"ss\\w:o'rd$HOME`id`"""  # noqa: S105 - a test's
_CLIENT = """#!/bin/sh
printf '%s\\n' "$@" >>{notes}/argv
for word; do case $word in --defaults-extra-file=*) login=${{word#*=}} ;; esac; done
stat -c %a "${{login:-$PGPASSFILE}}" >{notes}/mode
asked=$(cat)
printf '%s\\n' "$asked" >>{notes}/sql
case $asked in
{answers}
  *{fails}*) echo 'it failed' >&2; exit 1 ;;
esac
"""


@dataclass
class FakeDatabaseClient:
    """What a script that runs `mariadb`, `mysql` or `psql` meets on its host, and a dump there."""

    folder: Path
    tool: str

    def install(self, *answers: tuple[str, str], fails: str = "'no such'") -> None:
        """The client: to a statement with that pattern of sh (with `fails`: none) it says so."""
        cases = "\n".join(f"  {pattern}) printf '{said}' ;;" for pattern, said in answers)
        text = _CLIENT.format(notes=self.folder, answers=cases, fails=fails)
        for name in ("mariadb", "mysql", "psql"):
            program = self.folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(text)
            program.chmod(0o755)

    def run(self, script: str, *args: str) -> subprocess.CompletedProcess[str]:
        """The script, by a real sh that finds this client first."""
        return subprocess.run(
            ["sh", "-s", "--", *args],
            input=script,
            env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": "/nonexistent"},
            text=True,
            capture_output=True,
            check=False,
        )

    @property
    def dump(self) -> Path:
        return self.folder / "it's a dump.sql.gz"

    @property
    def sql(self) -> str:
        """All that it was asked so far."""
        file = self.folder / "sql"
        return file.read_text() if file.exists() else ""


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "0" * 64
