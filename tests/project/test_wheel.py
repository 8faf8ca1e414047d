"""What is installed from a wheel is the product, with its data, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile


def test_the_wheel_holds_the_three_packages_and_their_data(root: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = set(ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    folders = {PurePosixPath(name).parts[0] for name in names}
    data = {
        str(path.relative_to(root))
        for path in (root / "ceilift").rglob("*")
        if path.suffix in {".yaml", ".typed"} or "migrations" in path.parts
        if path.is_file() and path.suffix != ".pyc"
    }

    assert {name for name in folders if not name.endswith(".dist-info")} == {
        "ceilift",
        "flows",
        "tasks",
    }
    assert "ceilift/py.typed" in data <= names
