"""Writing files: whole or not at all, with their mode from the start."""

from __future__ import annotations

import os
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "templates"
PRIVATE = 0o600
PUBLIC = 0o644
EXECUTABLE = 0o755


def write(path: Path, text: str, mode: int = PUBLIC) -> bool:
    """Replace a file atomically; says whether its text changed."""
    if path.is_file() and not path.is_symlink() and path.read_text() == text:
        path.chmod(mode)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    beside.chmod(mode)
    beside.replace(path)
    return True


def rendered(template: str, **values: object) -> str:
    """A template file with its ``${names}`` filled in; every name must be given."""
    return Template((TEMPLATES / template).read_text()).substitute(values)


def link(path: Path, target: Path) -> None:
    """Make ``path`` a symbolic link to ``target``, whatever link was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)
