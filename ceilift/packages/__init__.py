"""The packages of Ceilometer: what was read from published wheels, and what is told of git tags."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import yaml

from ceilift.package import Package
from ceilift.packages.tags import before
from ceilift.packages.text import LOADER, from_text


def series_of(version: str) -> str:
    """The series of a release: the first of its numbers."""
    return version.partition(".")[0]


def load_packages(series: str) -> Mapping[str, Package]:
    """The published packages of a series, by version; none where none ever was (5 to 7)."""
    return from_text(_text("packages", series))


def load_package(version: str) -> Package | None:
    """The package of that exact version; None where it was never published, and nothing is told."""
    series = series_of(version)
    found = load_packages(series).get(version)
    if found is None:
        told = (yaml.load(_text("tags", series), Loader=LOADER) or {}).get(version)  # noqa: S506 - a safe one
        following = load_package(told["next"]) if told else None
        found = before(following, version, told) if told and following else None
    return found


def _text(folder: str, series: str) -> str:
    file = resources.files("ceilift") / "releases" / folder / f"{series}.yaml"
    return file.read_text(encoding="utf-8") if file.is_file() else ""
