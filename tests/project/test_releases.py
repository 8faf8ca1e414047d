"""The generated parts of the catalogue are what they would be if they were made now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CEILIFT = Path(sys.executable).with_name("ceilift")
SAMPLE = ("8.1.5", "16.0.1", "27.0.0")  # Python 2, an older and the newest way of packaging


def checked(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`ceilift releases ... --check`, in the checkout."""
    return subprocess.run(
        [CEILIFT, "releases", *words, "--check"],
        cwd=root,
        text=True,
        capture_output=True,
        check=False,
    )


def test_the_pages_of_the_reference_are_up_to_date(root: Path) -> None:
    done = checked(root, "pages")

    assert done.returncode == 0, f"{done.stderr}\nMake them: ceilift releases pages"


@pytest.mark.network
def test_packages_are_read_again_to_the_byte(root: Path) -> None:
    done = checked(root, "build", *SAMPLE)

    assert done.returncode == 0, done.stderr
