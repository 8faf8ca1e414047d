"""The Debian packages the lab runs on. It checks them and never installs them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab.errors import LabError

LIST = Path(__file__).parent / "packages.txt"
INSTALL = "lab/apt-install.sh"


def missing(wanted: list[str]) -> list[str]:
    """Those of these packages that dpkg does not have installed."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    there = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in wanted if package not in there]


def require(given: Path | None = None) -> None:
    """LabError naming every missing package of a list and the command that installs them."""
    names = missing((given or LIST).read_text().split())
    if names:
        command = " ".join(str(word) for word in (INSTALL, given) if word)
        raise LabError(f"Debian packages are missing: {' '.join(names)}. Install them: {command}")
