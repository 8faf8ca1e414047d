"""One version, said in one place, and a changelog that knows of it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path


def test_the_installed_version_is_the_one_in_pyproject(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]

    assert version("ceilift") == project["version"], "run bin/setup again"


def test_the_changelog_opens_with_unreleased_and_never_names_a_future_version(root: Path) -> None:
    headings = re.findall(r"^## \[(.+?)\]", (root / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "Unreleased"
    assert len(headings) == len(set(headings))
    assert headings[1:2] in ([], [version("ceilift")])


def test_the_console_script_is_the_command_line() -> None:
    found = [script for script in entry_points(group="console_scripts") if script.name == "ceilift"]

    assert [script.value for script in found] == ["flows.cli:app"]
