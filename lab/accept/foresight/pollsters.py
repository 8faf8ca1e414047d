"""What installed releases really load, against what Ceilift's look and the catalogue say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ceilift.package import POLLSTERS, Package
from ceilift.probe.pollsters_script import MARK, SCRIPT
from lab.accept.checks import Checks
from lab.accept.foresight.programs import AGENT, ENTRY_POINTS, WITHIN_S, asked
from lab.commands import run
from lab.files import write

NAMESPACES = ("central", "compute")
AT_ONCE = 2
CONFIG = "[DEFAULT]\ntransport_url = fake://\n"
GROUPS = (POLLSTERS, "ceilometer.builder.poll.", "ceilometer.discover.", "ceilometer.sample.")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The pollsters of one release in one namespace: a real agent's, and those Ceilift tells."""

    release: str
    namespace: str
    really: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def differing(self) -> tuple[str, ...]:
        """Those that only one of the two names."""
        return tuple(sorted({*self.really} ^ {*self.told}))


def loaded(folder: Path, release: str, namespace: str, config: Path) -> Loaded:
    """Asks a real polling agent's own loading, and Ceilift's look at an installed release."""
    really = asked(folder, AGENT, str(config), namespace)
    said = run(["sh", "-s", "--", folder, "100", namespace, config], stdin=SCRIPT, within=WITHIN_S)
    [line] = [found for found in said.splitlines() if found.startswith(MARK)]
    told = json.loads(line.removeprefix(MARK))
    return Loaded(release, namespace, tuple(really), tuple(told["names"]))


def demand_pollsters(
    checks: Checks, folders: Mapping[str, Path], packages: Mapping[str, Package], place: Path
) -> None:
    """Both name the same pollsters; the catalogue's entry points are those that are installed."""
    config = place / "pollsters.conf"
    write(config, CONFIG)
    asks = [(one, namespace) for one in folders for namespace in NAMESPACES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda ask: loaded(folders[ask[0]], ask[0], ask[1], config), asks))
        points = dict(
            zip(folders, pool.map(lambda f: asked(f, ENTRY_POINTS), folders.values()), strict=True)
        )
    for release in folders:
        mine = [one for one in found if one.release == release]
        count = ", ".join(f"{len(one.really)} {one.namespace}" for one in mine)
        wrong = [name for one in mine for name in one.differing]
        some = all(one.really for one in mine)
        checks.demand(f"pollsters: {release}", some and not wrong, f"{count}{_shown(wrong)}")
    wrong = [
        f"{release} {name}"
        for release in folders
        for name in differing_points(packages[release], points[release])
    ]
    checks.demand("entry points: differing", not wrong, f"{len(wrong)}{_shown(wrong)}")
    last = list(folders)[-1]
    seen = differing_points(changed(packages[last]), points[last])
    checks.demand(f"control: {last} changed in the catalogue", bool(seen), f"{len(seen)} differ")


def differing_points(package: Package, installed: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Entry points about polling and samples that only the catalogue or only the package has."""
    groups = {*package.entry_points, *installed}
    return tuple(
        f"{group}: {name}"
        for group in sorted(groups)
        if group.startswith(GROUPS)
        for name in sorted({*package.entry_points.get(group, ())} ^ {*installed.get(group, ())})
    )


def changed(package: Package) -> Package:
    """The same without one of its pollsters."""
    group = f"{POLLSTERS}central"
    fewer = package.entry_points[group][1:]
    return replace(package, entry_points={**package.entry_points, group: fewer})


def _shown(words: list[str]) -> str:
    return f"; differing: {', '.join(words)}" if words else ""
