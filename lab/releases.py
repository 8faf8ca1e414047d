"""Real Ceilometer releases: one environment each, from pinned versions, on Debian's Python."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from packaging.version import Version

from lab.commands import run
from lab.errors import LabError
from lab.files import write
from lab.progress import Progress
from lab.settings import PYTHON, Lab

PINS = Path(__file__).parent / "pins"
SITE = "lib/python3.11/site-packages"
_DONE = ".lab-complete"
_COPIED = ("--link-mode", "copy", "--compile-bytecode")  # its files are changed, and often loaded
_WITH_OLD_API = ("8.", "9.")

_CLEANUP = """\
        # remaining messages and stop the thread
        self._message_operations_handler.stop()
"""
_SEND_ACKS = """\
        if self._message_operations_handler._shutdown_thread.is_alive():
            self._message_operations_handler._shutdown_thread.join()
        self._message_operations_handler.process()
"""
_SHIM = '''\
"""inspect.getargspec left Python in 3.11; pecan of this age still calls it."""

import inspect


def _getargspec(function):
    spec = inspect.getfullargspec(function)
    return inspect.ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


if not hasattr(inspect, "getargspec"):
    from collections import namedtuple

    inspect.ArgSpec = namedtuple("ArgSpec", "args varargs keywords defaults")
    inspect.getargspec = _getargspec
'''


def install(lab: Lab, release: str, progress: Progress) -> None:
    """Build the release's environment unless a complete one is there, and adjust it."""
    venv = lab.venv(release)
    pins = pins_of(release)
    if not (venv / _DONE).is_file() or (venv / _DONE).read_text() != pins:
        progress.say(f"ceilometer {release}: installing with pins for Python 3.11")
        with progress.step(f"ceilometer {release}: installed"):
            shutil.rmtree(venv, ignore_errors=True)
            _install(venv, release, pins, *_COPIED)
    for adjustment in adjust(venv, release):
        progress.say(f"ceilometer {release}: adjusted: {adjustment}")
    write(venv / _DONE, pins)


def installed(lab: Lab) -> tuple[str, ...]:
    """The releases whose environment is complete."""
    found = (lab.root / "venvs").glob(f"ceilometer-*/{_DONE}")
    return tuple(sorted(path.parent.name.removeprefix("ceilometer-") for path in found))


def pins_of(release: str) -> str:
    """The pinned versions of a release; one without takes the next newer one's, all but its own."""
    found = (path.name.split("-")[1] for path in PINS.glob("ceilometer-*"))
    pinned = sorted(found, key=Version)
    newer = [one for one in pinned if Version(one) >= Version(release)]
    if not newer or Version(release) < Version(pinned[0]):
        known = f"from {pinned[0]} to {pinned[-1]}"
        raise LabError(f"the lab has no pins for ceilometer {release}; it has those {known}")
    text = (PINS / f"ceilometer-{newer[0]}-py311.txt").read_text()
    return text.replace(f"ceilometer=={newer[0]}\n", f"ceilometer=={release}\n")


def adjust(venv: Path, release: str) -> list[str]:
    """Make the changes a release needs in the lab; says each one that was not there yet."""
    site = venv / SITE
    wanted = [("acknowledgements at a stop are sent, not lost (oslo.messaging)", _late_acks)]
    if release.startswith(_WITH_OLD_API):
        wanted.append(("inspect.getargspec restored for the API (Python 3.11)", _getargspec))
    if release.startswith("8."):
        wanted.append(("group member ids are bytes (tooz on Python 3)", _bytes_member_id))
    return [said for said, change in wanted if change(site)]


def _getargspec(site: Path) -> bool:
    shim = write(site / "lab_getargspec.py", _SHIM)
    return write(site / "lab_getargspec.pth", "import lab_getargspec\n") or shim


def _bytes_member_id(site: Path) -> bool:
    return _replace_once(
        site / "ceilometer" / "coordination.py",
        "my_id or str(uuid.uuid4())\n",
        'my_id or str(uuid.uuid4()).encode("ascii")\n',
    )


def _late_acks(site: Path) -> bool:
    """Send the last acknowledgements before a listener closes its connection.

    oslo.messaging stops the thread that sends them as soon as the last message
    has been handled, so that message often goes back to the queue and is
    handled twice: 10 times in 24 stops at 20 notifications a second.
    """
    return _replace_once(
        site / "oslo_messaging" / "_drivers" / "amqpdriver.py",
        _CLEANUP,
        _CLEANUP + _SEND_ACKS,
    )


def _replace_once(path: Path, old: str, new: str) -> bool:
    """Replace a passage that must be there; says whether it was still the old one."""
    text = path.read_text()
    if new in text:
        return False
    if old not in text:
        raise LabError(f"{path}: the passage to adjust was not found")
    return write(path, text.replace(old, new))


def unadjusted(lab: Lab, release: str) -> Path:
    """The environment of a release as it is published, its files shared with others; to be read."""
    venv, pins = lab.root / "published" / f"ceilometer-{release}", pins_of(release)
    if not (venv / _DONE).is_file() or (venv / _DONE).read_text() != pins:
        shutil.rmtree(venv, ignore_errors=True)
        _install(venv, release, pins)
        write(venv / _DONE, pins)
    return venv


def environment(lab: Lab, name: str, version: str) -> Path:
    """The environment of another program of OpenStack's, from its own pins, as it is published."""
    venv = lab.root / "venvs" / f"{name}-{version}"
    pins = (PINS / f"{name}-{version}-py311.txt").read_text()
    if not (venv / _DONE).is_file() or (venv / _DONE).read_text() != pins:
        shutil.rmtree(venv, ignore_errors=True)
        _install(venv, f"{name}-{version}", pins)
        write(venv / _DONE, pins)
    return venv


def _install(venv: Path, release: str, pins: str, *how: str) -> None:
    if not PYTHON.exists():
        raise LabError(f"{PYTHON} is not there: the lab needs Debian's own Python 3.11")
    requirements = venv.parent / f"pins-{release}.txt"
    write(requirements, pins)
    uv = [sys.executable, "-m", "uv", "--quiet"]
    run([*uv, "venv", "--python", PYTHON, venv], env=_uv_environment())
    run(
        [
            *uv,
            "pip",
            "install",
            "--python",
            venv / "bin" / "python",
            "--no-deps",
            *how,
            "-r",
            requirements,
        ],
        within=600,
        env=_uv_environment(),
    )


def _uv_environment() -> dict[str, str]:
    """For uv, which reads neither the system's certificates nor pip's index by itself."""
    index = os.environ.get("PIP_INDEX_URL")
    more = {"UV_SYSTEM_CERTS": "true", **({"UV_DEFAULT_INDEX": index} if index else {})}
    return {**more, **os.environ}
