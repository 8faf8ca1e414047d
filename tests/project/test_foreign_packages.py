"""Other people's code may be called `tasks` or `flows` too (docs/adr/0001)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WHERE = "import flows, tasks; print(flows.__file__, tasks.__file__, sep='\\n')"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder in which somebody keeps a `tasks.py` of their own (invoke's name for it)."""
    (tmp_path / "tasks.py").write_text("raise SystemExit('the foreign tasks.py ran')\n")
    return tmp_path


def python(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | environment,
        text=True,
        capture_output=True,
        check=False,
    )


def test_a_console_script_does_not_see_the_working_folder(foreign: Path, root: Path) -> None:
    script = foreign / "bin" / "ceilift"
    script.parent.mkdir()
    script.write_text(WHERE)

    done = python(str(script), folder=foreign)

    assert done.stdout.splitlines() == [
        str(root / name / "__init__.py") for name in ("flows", "tasks")
    ]


def test_python_can_be_told_not_to_look_in_the_working_folder(foreign: Path, root: Path) -> None:
    done = python("-c", WHERE, folder=foreign, PYTHONSAFEPATH="1")

    assert done.stdout.splitlines() == [
        str(root / name / "__init__.py") for name in ("flows", "tasks")
    ]


def test_foreign_tasks_found_first_are_refused_with_both_places_named(
    foreign: Path, root: Path
) -> None:
    done = python("-c", "import flows", folder=foreign)

    assert done.returncode == 1
    assert "the foreign tasks.py ran" not in done.stderr
    assert str(foreign / "tasks.py") in done.stderr
    assert str(root / "tasks") in done.stderr


@pytest.mark.prefect
def test_prefect_looks_in_the_working_folder_first_and_is_refused_too(foreign: Path) -> None:
    load = "from prefect.utilities.importtools import load_module; load_module('flows')"

    done = python("-c", load, folder=foreign, PYTHONSAFEPATH="1")

    assert done.returncode == 1
    assert f"{foreign / 'tasks.py'}" in done.stderr
