"""A release's packages with their checksums, as somebody who stages it writes them down."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.commands import run
from lab.files import write
from lab.releases import pins_of


def listed(release: str, file: Path) -> None:
    """Write the lab's pins of a release, with the checksums that the package index tells."""
    pins = file.with_suffix(".in")
    write(pins, pins_of(release))
    words = ["uv", "pip", "compile", "--quiet", "--generate-hashes"]
    words += ["--no-deps", "--no-annotate", "--no-header"]
    words += ["--python-version", "3.11", "--system-certs", *_index("--default-index")]
    run([sys.executable, "-m", *words, pins, "-o", file], env=os.environ)


def pip_options() -> Sequence[str]:
    """Where this machine's own pip finds packages: hosts of the lab know nothing of it."""
    return _index("--index-url")


def _index(option: str) -> list[str]:
    given = os.environ.get("PIP_INDEX_URL")
    return [option, given] if given else []
