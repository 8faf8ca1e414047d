"""Faults that live in a host's own copy of the new release."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab.clouds import PROGRAMS, Host, Role
from lab.errors import LabError
from lab.files import EXECUTABLE, link, write
from lab.releases import SITE
from lab.settings import Lab

_UPGRADE = "ceilometer-upgrade"
_FAILS = """\
#!/bin/sh
cat >&2 <<'END'
ERROR ceilometer sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) \
(1142, "ALTER command denied to user 'ceilometer'@'localhost' for table 'sample'")
END
exit 1
"""
_HANGS = """\
#!/bin/sh
echo "waiting for the lock of table migrate_version" >&2
exec tail -f /dev/null
"""


def remove_target(lab: Lab, host: Host) -> None:
    """The new release is not installed on this host."""
    _take_away(_place(lab, host))


def break_start(lab: Lab, host: Host) -> None:
    """A half-copied package: its collector dies of a missing module, the rest works."""
    copy = _copy(lab, host)
    (copy / SITE / "ceilometer" / "cmd" / "collector.py").unlink()
    script = copy / "bin" / PROGRAMS[Role.COLLECTOR]
    _, _, rest = script.read_text().partition("\n")
    write(script, f"#!{copy}/bin/python\n{rest}", EXECUTABLE)


def break_upgrade(lab: Lab, host: Host, *, hang: bool) -> None:
    """A copy whose ceilometer-upgrade fails, or never ends."""
    copy = _copy(lab, host)
    write(copy / "bin" / _UPGRADE, _HANGS if hang else _FAILS, EXECUTABLE)


def restore_target(lab: Lab, host: Host) -> None:
    """The shared environment again."""
    place = _place(lab, host)
    _take_away(place)
    link(place, lab.venv(lab.cloud.new))


def _place(lab: Lab, host: Host) -> Path:
    return lab.host(host) / "opt" / "ceilometer" / lab.cloud.new


def _copy(lab: Lab, host: Host) -> Path:
    """Replace the host's link by a copy; files are shared until one is replaced."""
    source, place = lab.venv(lab.cloud.new), _place(lab, host)
    if not source.is_dir():
        raise LabError(f"ceilometer {lab.cloud.new} is not installed in the lab: bin/lab up")
    _take_away(place)
    shutil.copytree(source, place, symlinks=True, copy_function=os.link)
    return place


def _take_away(place: Path) -> None:
    if place.is_symlink():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)
