"""The rules bite: each is tried on code that breaks it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent

LOOKING = """\
import datetime
import os
import time
import uuid
from pathlib import Path

HERE = Path()
THERE = os.environ["HOME"]
WHEN = time.time()
NOW = datetime.datetime.now(tz=datetime.UTC)
WHO = uuid.uuid4()
WHAT = open("/etc/hosts")
"""


def modules(root: Path) -> dict[str, str]:
    """The modules and packages of ceilift/ by name, each with a file of it."""
    domain = root / "ceilift"
    found = {path.stem: path for path in domain.glob("*.py") if path.stem != "__init__"}
    found |= {path.parent.name: path for path in domain.glob("*/__init__.py")}
    return {name: str(path.relative_to(root)) for name, path in found.items()}


def banned(root: Path, file: str) -> set[str]:
    """Which names ruff bans in `file`, tried on code that uses all of them."""
    options = ["--select=TID251", "--output-format=concise", f"--stdin-filename={file}"]
    done = subprocess.run(
        [BIN / "ruff", "check", *options, "-"],
        input=LOOKING,
        cwd=root,
        text=True,
        capture_output=True,
        check=False,
    )
    return set(re.findall(r"`([\w.]+)` is banned", done.stdout))


@pytest.mark.parametrize(
    "file", ["ceilift/planner.py", "ceilift/report.py", "ceilift/paths/full.py"]
)
def test_ruff_bans_looking_where_ceilift_decides(root: Path, file: str) -> None:
    names = {"datetime.datetime.now", "os", "pathlib.Path", "time", "uuid.uuid4"}

    assert names <= banned(root, file)


def test_ruff_and_import_linter_agree_on_which_modules_decide(root: Path) -> None:
    linter = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    pure = next(contract for contract in linter["contracts"] if contract["id"] == "pure")
    decides = {name for name, file in modules(root).items() if banned(root, file)}

    assert {f"ceilift.{name}" for name in decides} == set(pure["source_modules"])


def test_every_ignored_rule_gives_its_reason(root: Path) -> None:
    text = (root / "pyproject.toml").read_text()
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.pydocstyle]")]
    code = re.compile(r'^    "[A-Z]+\d*",(?P<reason> +# \S.*)?$')
    silent = []
    explained = False
    for line in section.splitlines():
        match = code.match(line)
        # One comment above may speak for the lines below it.
        explained = line.startswith("    # ") or (explained and match is not None)
        if match and not match["reason"] and not explained:
            silent.append(line.strip())

    assert silent == []
