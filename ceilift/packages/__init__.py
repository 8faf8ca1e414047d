"""The published packages of Ceilometer, as the catalogue keeps what was read from their wheels."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from ceilift.package import Package
from ceilift.packages.text import from_text


def series_of(version: str) -> str:
    """The series of a release: the first of its numbers."""
    return version.partition(".")[0]


def load_packages(series: str) -> Mapping[str, Package]:
    """The packages of a series, by version; none where none was ever published (5 to 7)."""
    file = resources.files("ceilift") / "releases" / "packages" / f"{series}.yaml"
    return from_text(file.read_text(encoding="utf-8")) if file.is_file() else {}


def load_package(version: str) -> Package | None:
    """The package of that exact version; None where it was never published, or never read."""
    return load_packages(series_of(version)).get(version)
