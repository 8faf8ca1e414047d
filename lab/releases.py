"""Real Ceilometer releases: one environment each, from pinned versions, on Debian's Python."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from lab.commands import run
from lab.errors import LabError
from lab.files import write
from lab.progress import Progress
from lab.settings import PYTHON, Lab

PINS = Path(__file__).parent / "pins"
SITE = "lib/python3.11/site-packages"
_DONE = ".lab-complete"
_DERIVED = {"9.0.6": "9.0.7"}
_WITH_OLD_API = ("8.", "9.")

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
    """Build the release's environment unless a complete one is there."""
    venv = lab.venv(release)
    pins = pins_of(release)
    if (venv / _DONE).is_file() and (venv / _DONE).read_text() == pins:
        return
    progress.say(f"ceilometer {release}: installing with pins for Python 3.11")
    with progress.step(f"ceilometer {release}: installed"):
        shutil.rmtree(venv, ignore_errors=True)
        _install(lab, venv, release, pins)
        for adjustment in adjust(venv, release):
            progress.say(f"ceilometer {release}: adjusted for Python 3.11: {adjustment}")
        write(venv / _DONE, pins)


def installed(lab: Lab) -> tuple[str, ...]:
    """The releases whose environment is complete."""
    found = (lab.root / "venvs").glob(f"ceilometer-*/{_DONE}")
    return tuple(sorted(path.parent.name.removeprefix("ceilometer-") for path in found))


def pins_of(release: str) -> str:
    """The pinned versions of a release; a derived one differs in Ceilometer alone."""
    written = _DERIVED.get(release, release)
    path = PINS / f"ceilometer-{written}-py311.txt"
    if not path.is_file():
        known = sorted(p.name.split("-")[1] for p in PINS.iterdir()) + sorted(_DERIVED)
        raise LabError(f"the lab has no pins for ceilometer {release}; it has {', '.join(known)}")
    return path.read_text().replace(f"ceilometer=={written}\n", f"ceilometer=={release}\n")


def adjust(venv: Path, release: str) -> list[str]:
    """Apply what Python 3.11 asks of this release; says each adjustment in words."""
    said = []
    if release.startswith(_WITH_OLD_API):
        write(venv / SITE / "lab_getargspec.py", _SHIM)
        write(venv / SITE / "lab_getargspec.pth", "import lab_getargspec\n")
        said.append("inspect.getargspec restored by a .pth file (the API needs it)")
    if release.startswith("8."):
        _bytes_member_id(venv / SITE / "ceilometer" / "coordination.py")
        said.append("member ids of ceilometer/coordination.py are bytes (tooz needs it)")
    return said


def _install(lab: Lab, venv: Path, release: str, pins: str) -> None:
    if not PYTHON.exists():
        raise LabError(f"{PYTHON} is not there: the lab needs Debian's own Python 3.11")
    requirements = lab.root / "venvs" / f"pins-{release}.txt"
    write(requirements, pins)
    uv = [sys.executable, "-m", "uv", "--quiet"]
    run([*uv, "venv", "--python", PYTHON, venv])
    run(
        [
            *uv,
            "pip",
            "install",
            "--python",
            venv / "bin" / "python",
            "--no-deps",
            "--link-mode",
            "copy",
            "--compile-bytecode",
            "-r",
            requirements,
        ],
        within=600,
    )


def _bytes_member_id(path: Path) -> None:
    text = path.read_text()
    changed = re.sub(
        r"my_id or str\(uuid\.uuid4\(\)\)$",
        'my_id or str(uuid.uuid4()).encode("ascii")',
        text,
        flags=re.MULTILINE,
    )
    if changed == text and ".encode(" not in text:
        raise LabError(f"{path}: the line that makes the member id was not found")
    write(path, changed)
