"""What a package registers, against what a real Ceilometer loads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from ceilift.packages import load_package
from ceilift.polling_patterns import registered
from ceilift.probe.pollsters_script import MARK, SCRIPT

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("namespaces", [("central",), ("compute",), ("central", "compute")])
def test_no_release_loads_what_its_package_does_not_register(
    namespaces: tuple[str, ...], releases: Mapping[str, Path], tmp_path: Path
) -> None:
    config = tmp_path / "ceilometer.conf"
    config.write_text("[DEFAULT]\n", encoding="utf-8")

    for version, folder in releases.items():
        package = load_package(version)
        loaded = asked(folder, namespaces, config)

        assert package is not None
        assert loaded
        assert loaded <= registered(package, namespaces), version


def asked(folder: Path, namespaces: tuple[str, ...], config: Path) -> set[str]:
    done = subprocess.run(
        ["sh", "-s", "--", str(folder), "60", ",".join(namespaces), str(config)],
        input=SCRIPT,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(MARK))
    return set(json.loads(line.removeprefix(MARK))["names"])
