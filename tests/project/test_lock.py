"""The lock files install anywhere: from any index, with every file's hash known."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+?)(?: ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(lock: Path) -> dict[str, Version]:
    """Every pinned package and its version."""
    found = (PIN.match(line) for line in lock.read_text().splitlines())
    return {canonicalize_name(match[1]): Version(match[2]) for match in found if match}


def strangers(text: str) -> list[str]:
    """Lines that are neither a pin nor a hash nor a comment: an index, a path, an option."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [line for line in lines if not PIN.match(line) and not HASH.match(line)]


def declared(root: Path) -> tuple[list[str], list[str]]:
    """What pyproject.toml asks for: to run, and in all."""
    file = tomllib.loads((root / "pyproject.toml").read_text())
    runtime, groups = file["project"]["dependencies"], file["project"]["optional-dependencies"]
    return runtime, [*runtime, *file["build-system"]["requires"], *chain(*groups.values())]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_only_pins_and_hashes(root: Path, name: str) -> None:
    text = (root / name).read_text()

    assert strangers(text) == []
    assert not re.search(r"file:|://|--find-links|--index|--extra|\s/\w", text)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "--extra-index-url file:///srv/simple",
        "--find-links /srv/wheels",
        "-f ./wheels",
        "-e .",
        "./wheels/some-1.0.whl",
        "some @ file:///srv/some-1.0.whl \\",
        "some==1.0",
        "    --hash=md5:0123",
    ],
)
def test_a_local_or_unhashed_line_is_refused(line: str) -> None:
    assert strangers(line) == [line]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(root: Path, name: str) -> None:
    lines = (root / name).read_text().splitlines()
    unhashed = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.match(line) and not HASH.match(following)
    ]

    assert len(pins(root / name)) > 50
    assert unhashed == []


def test_the_locks_hold_what_pyproject_asks_for(root: Path) -> None:
    for lock, lines in zip(LOCKS, declared(root), strict=True):
        locked = pins(root / lock)
        for wanted in map(Requirement, lines):
            version = locked.get(canonicalize_name(wanted.name))
            assert version is not None, f"{lock} lacks {wanted.name}: just lock"
            assert wanted.specifier.contains(version), f"{lock}: {wanted} is not {version}"


def test_both_locks_agree(root: Path) -> None:
    runtime, everything = (pins(root / name) for name in LOCKS)

    assert runtime.items() <= everything.items()
