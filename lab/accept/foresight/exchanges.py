"""Exchanges on which released agents really listen and publish, against what the catalogue says."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

from ceilift.package import Package
from lab.accept.checks import Checks
from lab.accept.foresight.programs import EXCHANGES, asked

AT_ONCE = 2
Told = Mapping[str, list[str]]  # `listens`, `publishes`


def demand_exchanges(
    checks: Checks, folders: Mapping[str, Path], packages: Mapping[str, Package]
) -> None:
    """The targets that agents of each release make are those of the catalogue."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda folder: asked(folder, EXCHANGES), folders.values())
        really = dict(zip(folders, answers, strict=True))
    wrong = [f"{one} {name}" for one in folders for name in differing(packages[one], really[one])]
    count = sum(len(told["listens"]) for told in really.values())
    checks.demand("exchanges: listened on", count > 0, f"{count} of {len(really)} releases")
    checks.demand("exchanges: differing", not wrong, "; ".join([str(len(wrong)), *wrong]))
    last = list(folders)[-1]
    seen = differing(changed(packages[last]), really[last])
    checks.demand(f"control: {last}, an exchange less", bool(seen), f"{len(seen)} differ")


def differing(package: Package, told: Told) -> tuple[str, ...]:
    """What only one of the two says, as `listens: NAME` and `publishes: NAME`."""
    known = asdict(package.exchanges)
    return tuple(
        f"{way}: {name}" for way in sorted(known) for name in sorted({*known[way]} ^ {*told[way]})
    )


def changed(package: Package) -> Package:
    """The same with one entry changed: an exchange less."""
    fewer = replace(package.exchanges, listens=package.exchanges.listens[1:])
    return replace(package, exchanges=fewer)
