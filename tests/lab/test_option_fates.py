"""What becomes of options, against oslo.config's own validator of a real Ceilometer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ceilift.option_fates import LIBRARY, Fate, fates, names_of
from ceilift.package import Package
from ceilift.packages import load_package
from lab.accept.foresight.options import OF_LIBRARIES, OLDER, UNKNOWN, a_file, said
from lab.accept.foresight.programs import VALIDATE, asked

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]  # seconds, for every installed release

OLD = ("5.0.5", "8.1.5", "12.1.1", "16.0.1", "27.0.0")


def package(version: str) -> Package:
    found = load_package(version)
    assert found is not None
    return found


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
        text = asked(folder, VALIDATE, str(config))
        found = fates(names, [before], names_of(package(version)))
        gone = {one.name for one in found if one.fate is Fate.REMOVED}
        renamed = {one.name for one in found if one.fate is Fate.RENAMED}

        assert gone == {one for one in said(UNKNOWN, text) if not one.startswith(LIBRARY)}
        assert renamed == said(OLDER, text)
