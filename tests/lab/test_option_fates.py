"""What becomes of options, against oslo.config's own validator of a real Ceilometer."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from ceilift.option_fates import LIBRARY, Fate, fates, names_of
from ceilift.package import Package
from ceilift.packages import load_package

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]  # seconds, for every installed release

NAMESPACES = ("ceilometer", "ceilometer-auth", "oslo.messaging", "oslo.log")
OLD = ("5.0.5", "8.1.5", "12.1.1", "16.0.1", "27.0.0")
UNKNOWN = re.compile(r"(?:^|:)(\S+?)/(\S+) is not part of the sample config")
OLDER = re.compile(r"Deprecated opt (\S+)/(\S+) found")
OF_LIBRARIES = (
    "[DEFAULT] transport_url",
    "[DEFAULT] debug",
    "[oslo_messaging_rabbit] rabbit_ha_queues",
)


def package(version: str) -> Package:
    found = load_package(version)
    assert found is not None
    return found


def a_file(names: Iterable[str]) -> str:
    """A ceilometer.conf that sets all of them."""
    pairs = (name.partition("] ") for name in names)
    return "".join(f"{group}]\n{name} = 1\n" for group, _, name in pairs)


def said(pattern: re.Pattern[str], text: str) -> set[str]:
    found = (pattern.search(line) for line in text.splitlines())
    return {f"[{one[1].split(':')[-1]}] {one[2].replace('-', '_')}" for one in found if one}


@pytest.mark.parametrize("old", OLD)
def test_what_is_gone_and_what_has_another_name_is_what_the_validator_says(
    old: str, releases: Mapping[str, Path], tmp_path: Path
) -> None:
    """Both ways of a name are set, and options of libraries; all that the old release reads."""
    before = names_of(package(old))
    names = sorted({*before.own, *before.older, *OF_LIBRARIES})
    config = tmp_path / "old.conf"
    config.write_text(a_file(names), encoding="utf-8")

    for version, folder in releases.items():
        words = [word for name in NAMESPACES for word in ("--namespace", name)]
        done = subprocess.run(
            [folder / "bin" / "oslo-config-validator", "--input-file", config, *words],
            capture_output=True,
            text=True,
            check=False,
        )
        text = done.stdout + done.stderr
        found = fates(names, [before], names_of(package(version)))
        gone = {one.name for one in found if one.fate is Fate.REMOVED}
        renamed = {one.name for one in found if one.fate is Fate.RENAMED}

        assert gone == {one for one in said(UNKNOWN, text) if not one.startswith(LIBRARY)}
        assert renamed == said(OLDER, text)
