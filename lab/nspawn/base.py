"""The Debian tree that every host stands on: made once, kept, never changed afterwards."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from lab.commands import SYSTEM_PATH, clean_environment, run
from lab.errors import LabError
from lab.nspawn.mounts import unmount
from lab.nspawn.place import LOGIN, MIRROR, Nspawn
from lab.progress import Progress

SUITE = "bookworm"  # its Python is the one that the lab's releases run on
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3",
    "sudo",
    "iproute2",
    "procps",
    "libfaketime",
    "mariadb-client",
)
_MADE_WITHIN_S = 1800
_RECIPE = f"""\
set -eu
export PATH={SYSTEM_PATH} DEBIAN_FRONTEND=noninteractive
useradd --system --no-create-home --shell /usr/sbin/nologin ceilometer
useradd --create-home --shell /bin/sh {LOGIN}
# Two watchers for passwords in every host would use up the machine's inotify instances.
systemctl mask systemd-ask-password-console.path systemd-ask-password-wall.path getty.target \\
    console-getty.service
systemctl disable apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \\
    2>/dev/null || true
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/cache/apt/archives/*.deb
"""


def ensure(place: Nspawn, progress: Progress) -> Path:
    """The tree; made when there is none of this recipe. An interrupted one is begun anew.

    LabError with the end of debootstrap's log when that fails.
    """
    found = place.base / f"{SUITE}-{_digest()}"
    if found.is_dir():
        return found
    making = found.with_suffix(".making")
    if making.exists():
        unmount(making)
        shutil.rmtree(making)
    making.parent.mkdir(parents=True, exist_ok=True)
    with progress.step(f"Debian tree made: {found}"):
        _debootstrap(place, making)
        run(["chroot", making, "/bin/sh", "-c", _RECIPE])
        making.rename(found)
    return found


def _debootstrap(place: Nspawn, folder: Path) -> None:
    included = f"--include={','.join(PACKAGES)}"
    words = ["debootstrap", "--variant=minbase", included, SUITE, str(folder), MIRROR]
    try:
        run(words, within=_MADE_WITHIN_S, env=clean_environment(place.lab))
    except LabError as error:
        raise LabError(
            f"no Debian tree: {error}. Another mirror: CEILIFT_LAB_MIRROR=http://..."
        ) from error


def _digest() -> str:
    return hashlib.sha256(f"{PACKAGES}{_RECIPE}".encode()).hexdigest()[:8]
