"""One real Prefect server for all tests of this folder that need one."""

# ruff: noqa: PLC0415 - fast tests must not pay for Prefect

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=200):
        yield
