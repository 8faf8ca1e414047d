"""A lab laid out in a temporary folder: files only, nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import credentials, hosts
from lab.clouds import DEFAULT_RELEASES, HOSTS
from lab.settings import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    credentials.make_secrets(lab)
    lab.ssh.mkdir()
    for name in ("id_ed25519", *(f"host-{host.name}" for host in HOSTS)):
        (lab.ssh / f"{name}.pub").write_text("ssh-ed25519 AAAA lab\n")
    return lab


@pytest.fixture
def laid_out(lab: Lab) -> Lab:
    for release in DEFAULT_RELEASES:
        _venv(lab.venv(release))
    for host in HOSTS:
        hosts.lay_out(lab, host, DEFAULT_RELEASES)
    return lab


def _venv(place: Path) -> None:
    """The few files of a release's environment that the lab looks at."""
    package = place / "lib/python3.11/site-packages/ceilometer/cmd"
    package.mkdir(parents=True)
    (package / "collector.py").write_text("")
    (place / "bin").mkdir()
    for name in ("ceilometer-collector", "ceilometer-upgrade"):
        (place / "bin" / name).write_text("#!/usr/bin/python\nrun()\n")
