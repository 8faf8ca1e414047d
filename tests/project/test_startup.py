"""The command line answers at once: Prefect, which takes seconds, is imported only for a flow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.processor_time import CEILIFT, IMPORT_PREFECT, processor_seconds

HEAVY = {"alembic", "fastapi", "paramiko", "prefect", "sqlalchemy"}
LOADED = "import sys; import flows.cli; print(*sys.modules)"


def test_the_command_line_does_not_import_what_is_slow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], text=True, capture_output=True, check=True
    )

    assert HEAVY.isdisjoint(done.stdout.split())


def test_help_takes_less_than_half_of_what_importing_prefect_takes() -> None:
    ours = processor_seconds([CEILIFT, "--help"])

    assert ours < processor_seconds(IMPORT_PREFECT) / 2


def test_a_foreign_tasks_file_in_the_working_folder_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("raise SystemExit('the foreign tasks.py ran')\n")

    done = subprocess.run(
        [CEILIFT, "--help"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "foreign" not in done.stderr
