"""What a package registers, against what a real Ceilometer loads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from ceilift.packages import load_package
from ceilift.polling_patterns import registered
from ceilift.probe.pollsters_script import MARK, SCRIPT

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]  # seconds, for every installed release


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


DYNAMIC = """\
- name: own.meter
  sample_type: gauge
  unit: things
  value_attribute: id
  endpoint_type: image
  url_path: v2/images
"""


def test_from_14_on_dynamic_pollsters_are_found_where_default_says_and_not_polling(
    releases: Mapping[str, Path], tmp_path: Path
) -> None:
    """T22."""
    (tmp_path / "own.d").mkdir()
    (tmp_path / "own.d" / "own.yaml").write_text(DYNAMIC, encoding="utf-8")
    config = tmp_path / "ceilometer.conf"
    dynamic = {one: path for one, path in releases.items() if Version(one) >= Version("14")}

    found: dict[str, list[str]] = {"[DEFAULT]": [], "[polling]": []}
    for section, having in found.items():
        option = f"pollsters_definitions_dirs = {tmp_path}/own.d"
        config.write_text(f"{section}\n{option}\n", encoding="utf-8")
        for version, folder in dynamic.items():
            if "own.meter" in asked(folder, ("central",), config):
                having.append(version)

    assert found == {"[DEFAULT]": list(dynamic), "[polling]": []}


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
