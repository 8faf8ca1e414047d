"""What holds for every test: no network, no writing outside a temporary folder, a deadline."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.cases")  # the tests that tables of cases share

ROOT = Path(__file__).resolve().parent.parent

# The test cloud's hosts, and a Prefect server, listen on this machine only.
OWN_MACHINE = ["127.0.0.0/8", "::1", "198.18.0.0/16"]
OF_THE_CLOUD = {"bench", "releases"}
DEADLINE_S = {"lab": 900, "prefect": 240}

settings.register_profile("ceilift", deadline=None)  # a busy machine is no failure
settings.load_profile("ceilift")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing a test starts phones home or finds the settings of whoever runs it.

    Done here and not in a fixture: Prefect reads its settings when it is first imported.
    """
    folder = Path(tempfile.mkdtemp(prefix="ceilift-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "CEILIFT_"))]:
        if not name.startswith("CEILIFT_LAB_"):  # which test cloud is meant
            del os.environ[name]
    os.environ |= {
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_RUNNER_AUTO_INSTALL_DEPENDENCIES": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
    }


@pytest.hookimpl(tryfirst=True)  # before -m chooses among them
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only tests that say `lab` or `prefect` may use the network, and it ends at this machine.

    Those that use the test cloud, or the releases installed for it, are marked `cloud`.
    """
    for item in items:
        uses = OF_THE_CLOUD & set(getattr(item, "fixturenames", ()))
        if uses and item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.cloud)
        kinds = [kind for kind in DEADLINE_S if item.get_closest_marker(kind)]
        if kinds and item.get_closest_marker("allow_hosts") is None:
            item.add_marker(pytest.mark.allow_hosts(OWN_MACHINE))
        if kinds and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(max(DEADLINE_S[kind] for kind in kinds)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT
