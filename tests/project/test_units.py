"""The systemd units are ones that systemd takes, and name files that belong to them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "deployments" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))


def test_there_are_a_server_and_a_worker() -> None:
    assert [unit.stem for unit in UNITS] == ["ceilift-server", "ceilift-worker"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_takes_it(unit: Path, tmp_path: Path) -> None:
    program = tmp_path / "opt" / "prefect"
    program.parent.mkdir()
    program.touch(mode=0o755)
    copies = [tmp_path / one.name for one in UNITS]  # one names the other
    for one, copy in zip(UNITS, copies, strict=True):
        copy.write_text(one.read_text().replace("/opt/ceilift/.venv/bin/prefect", str(program)))

    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_no_secret_stands_in_it(unit: Path) -> None:
    settings = [line for line in unit.read_text().splitlines() if line.startswith("Environment=")]

    assert "EnvironmentFile=/etc/ceilift/" in unit.read_text()
    assert not any("AUTH" in line or "CONNECTION_URL" in line for line in settings)
