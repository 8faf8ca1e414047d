"""Messages of every release, really read by every other one, against what the catalogue says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from ceilift.mantra import check, models_of
from ceilift.package import Package
from lab.accept.checks import Checks
from lab.accept.foresight.programs import CONSUME, PRODUCE, asked

Pair = tuple[str, str]  # who sent it, and who reads it
AT_ONCE = 2
CHANGED = "18.1.0"  # the control takes a fact of it away: that it demands these
NAMES = ("user_name", "project_name")
SHOWN = 6


def really_broken(folders: Mapping[str, Path]) -> tuple[frozenset[Pair], frozenset[str]]:
    """The pairs of which the reader fails on a polled sample; and every other fault, in words.

    Other faults: a signature that is not accepted, a message between pipes that is not read.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = pool.map(lambda folder: asked(folder, PRODUCE), folders.values())
        sent = dict(zip(folders, made, strict=True))
        answers = pool.map(lambda folder: asked(folder, CONSUME, given=sent), folders.values())
        read = dict(zip(folders, answers, strict=True))
    told = [
        (sender, reader, how, fault)
        for reader, found in read.items()
        for sender, ways in found.items()
        for how, faults in ways.items()
        for fault in faults
    ]
    broken = frozenset((sender, reader) for sender, reader, how, _ in told if how == "polled")
    other = frozenset(f"{s} to {r}, {how}: {fault}" for s, r, how, fault in told if how != "polled")
    return broken, other


def foretold_broken(packages: Mapping[str, Package]) -> frozenset[Pair]:
    """The pairs of which the mantra's check says that the reader fails on a polled sample."""
    found = set[Pair]()
    for old, new in combinations(packages, 2):
        for one in check(models_of(packages[old]), models_of(packages[new])):
            if one.id.startswith("sample.") and one.breaks:
                found.add((old, new) if one.id.endswith(".demanded") else (new, old))
    return frozenset(found)


def demand_payload(
    checks: Checks, folders: Mapping[str, Path], packages: Mapping[str, Package]
) -> frozenset[Pair]:
    """Foretold and real are the same; and a changed catalogue is found. Gives the real ones."""
    broken, other = really_broken(folders)
    foretold = foretold_broken(packages)
    pairs = len(folders) ** 2
    faults = f"{len(other)} in {pairs} pairs{_shown(other)}"
    checks.demand("messages: other faults", not other, faults)
    missed, false = _words(broken - foretold), _words(foretold - broken)
    count = f"{len(broken)} of {pairs} pairs ({_readers(broken)})"
    checks.demand("messages: breaks, by reading them", bool(broken), count)
    checks.demand("messages: breaks not foretold", not missed, f"{len(missed)}{_shown(missed)}")
    checks.demand("messages: false alarms", not false, f"{len(false)}{_shown(false)}")
    if CHANGED in packages:
        seen = len(broken ^ foretold_broken(changed(packages)))
        checks.demand(f"control: {CHANGED} changed in the catalogue", seen > 0, f"{seen} differ")
    return broken


def changed(packages: Mapping[str, Package]) -> Mapping[str, Package]:
    """The same with one entry changed: what that release demands is not said to be demanded."""
    one = packages[CHANGED]
    fewer = tuple(name for name in one.messages.sample_requires if name not in NAMES)
    messages = replace(one.messages, sample_requires=fewer)
    return {**packages, CHANGED: replace(one, messages=messages)}


def _readers(pairs: frozenset[Pair]) -> str:
    return "readers " + ", ".join(sorted({reader for _, reader in pairs}))


def _words(pairs: frozenset[Pair]) -> Sequence[str]:
    return [f"{sender} to {reader}" for sender, reader in sorted(pairs)]


def _shown(words: Sequence[str] | frozenset[str]) -> str:
    first = sorted(words)[:SHOWN]
    return f": {'; '.join(first)}{' ...' if len(words) > SHOWN else ''}" if first else ""
