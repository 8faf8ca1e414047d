"""What is told before an upgrade, against what is true: measured in each release's own environment.

Nothing that is expected is taken from the catalogue or from notes: releases are installed from the
package index, and their own code says what they load, send, read and accept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ceilift.package import Package
from ceilift.packages import load_package, load_packages
from ceilift.release import Catalogue, load_catalogue
from lab.accept.checks import Checks
from lab.accept.foresight.exchanges import demand_exchanges
from lab.accept.foresight.options import demand_options
from lab.accept.foresight.pairs import demand_pairs
from lab.accept.foresight.payload import demand_payload
from lab.accept.foresight.pollsters import demand_pollsters
from lab.accept.foresight.schema import RELEASE as SQL_RELEASE
from lab.accept.foresight.schema import demand_schema
from lab.progress import Progress
from lab.releases import unadjusted
from lab.settings import Lab, the_lab

LOADING = ("8.1.5", "9.0.7", "10.0.1", "14.1.0", "19.1.0", "24.0.2", "26.0.0", "27.0.0")
LOADING_SHORT = ("8.1.5", "10.0.1", "19.1.0", "27.0.0")
READING_SHORT = ("8.1.5", "10.0.1", "17.0.2", "18.1.0", "19.1.0", "21.0.1", "24.0.2", "27.0.0")


def run(short: bool, _parts: Sequence[int]) -> bool:  # noqa: FBT001 - how it was asked for
    """Everything in one run; gives whether every demand was met."""
    checks, progress, lab = Checks("foresight", short=short), Progress(), the_lab()
    catalogue = load_catalogue()
    reading = READING_SHORT if short else published(catalogue)
    loading = LOADING_SHORT if short else LOADING
    with progress.step(f"{len({*reading, *loading})} releases installed from the package index"):
        folders = {one: unadjusted(lab, one) for one in sorted({*reading, *loading})}
    with progress.step(f"messages of {len(reading)} releases read by each of them"):
        broken = demand_payload(checks, _of(folders, reading), _packages(reading))
    with progress.step(f"exchanges of {len(loading)} releases asked for"):
        demand_exchanges(checks, _of(folders, loading), _packages(loading))
    with progress.step("every pair of releases planned"):
        demand_pairs(checks, catalogue, broken, reading)
    with progress.step("a database at version 40 migrated"):
        demand_schema(checks, unadjusted(lab, SQL_RELEASE), _place(lab))
    with progress.step(f"options of {len(loading)} releases listed and validated"):
        demand_options(checks, _of(folders, loading), _packages(loading), _place(lab))
    with progress.step(f"pollsters of {len(loading)} releases loaded"):
        demand_pollsters(checks, _of(folders, loading), _packages(loading), _place(lab))
    return checks.tell()


def published(catalogue: Catalogue) -> tuple[str, ...]:
    """The releases that are on the package index."""
    series = {version.partition(".")[0] for version in catalogue.releases}
    there = {version for one in series for version in load_packages(one)}
    return tuple(version for version in catalogue.releases if version in there)


def _of(folders: Mapping[str, Path], releases: Sequence[str]) -> Mapping[str, Path]:
    return {release: folders[release] for release in releases}


def _packages(releases: Sequence[str]) -> Mapping[str, Package]:
    found = {release: load_package(release) for release in releases}
    return {release: package for release, package in found.items() if package is not None}


def _place(lab: Lab) -> Path:
    folder = lab.root / "published"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
