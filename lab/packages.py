"""The Debian packages the lab runs on. It checks them and never installs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab.errors import LabError

LIST = Path(__file__).parent / "packages.txt"


def missing() -> list[str]:
    """The packages of packages.txt that dpkg does not have installed."""
    wanted = LIST.read_text().split()
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    there = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in wanted if package not in there]


def require() -> None:
    """LabError naming every missing package and the command that installs them."""
    names = missing()
    if names:
        raise LabError(
            f"Debian packages are missing: {' '.join(names)}. Install them with lab/apt-install.sh"
        )
