"""The pinned Prefect works with what is pinned beside it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.prefect
def test_the_server_can_be_imported() -> None:
    code = "from prefect.server.api.server import create_app; print(create_app().title)"

    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=False)

    assert done.stdout.strip(), done.stderr
