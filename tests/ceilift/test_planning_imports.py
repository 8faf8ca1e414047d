"""Planning is offline and starts fast: it imports nothing that touches hosts, and little else."""

from __future__ import annotations

import subprocess
import sys

import pytest

MODULES = "planner, plan_json, plan_text, release, inventory_file, state"
HEAVY = (
    "prefect",
    "paramiko",
    "sqlalchemy",
    "requests",
    "asyncio",
    "ssl",
    "rich",
    "typer",
)


@pytest.fixture(scope="module")
def imported() -> frozenset[str]:
    """Every module that planning brings in, in an interpreter of its own."""
    code = f"from ceilift import {MODULES}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    return frozenset(done.stdout.split())


@pytest.mark.parametrize("name", HEAVY)
def test_planning_does_not_import(name: str, imported: frozenset[str]) -> None:
    assert "ceilift.planner" in imported
    assert name not in imported
