"""The command line answers at once: Prefect, which takes seconds, is imported only for a flow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = {"alembic", "fastapi", "paramiko", "prefect", "sqlalchemy"}
LOADED = "import sys; import flows.cli; print(*sys.modules)"


def test_the_command_line_does_not_import_what_is_slow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], text=True, capture_output=True, check=True
    )

    assert HEAVY.isdisjoint(done.stdout.split())


def test_help_takes_less_than_half_of_what_importing_prefect_takes() -> None:
    script = Path(sys.executable).parent / "ceilift"

    ours = _cpu_seconds([script, "--help"])
    prefects = _cpu_seconds([sys.executable, "-c", "import prefect"])

    assert ours < prefects / 2  # a ratio in one run: the machine may be slow or busy


def _cpu_seconds(command: list[str | Path]) -> float:
    """The processor time of the quickest of three runs: the first may compile."""
    used = []
    for _ in range(3):
        before = os.times().children_user + os.times().children_system
        subprocess.run(command, capture_output=True, check=True)
        used.append(os.times().children_user + os.times().children_system - before)
    return min(used)


def test_a_foreign_tasks_file_in_the_working_folder_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("raise SystemExit('the foreign tasks.py ran')\n")

    done = subprocess.run(
        [Path(sys.executable).parent / "ceilift", "--help"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "foreign" not in done.stderr
