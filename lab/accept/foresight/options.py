"""Options as releases themselves list, default and validate them, against what Ceilift says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from ceilift.option_fates import LIBRARY, Fate, fates, names_of, new_defaults
from ceilift.package import Package
from lab.accept.checks import Checks
from lab.accept.foresight.programs import OPTIONS, VALIDATE, asked
from lab.files import write

AT_ONCE = 2
UNKNOWN = re.compile(r"(?:^|:)(\S+?)/(\S+) is not part of the sample config")
OLDER = re.compile(r"Deprecated opt (\S+)/(\S+) found")
OF_LIBRARIES = ("[DEFAULT] transport_url", "[DEFAULT] debug")  # not the package's: nothing is said
Options = Mapping[str, object]  # the default of each, by `[group] name`
Listed = Mapping[str, Options]  # `own` ones, and those of `auth`, most of which are keystoneauth's


def demand_options(
    checks: Checks, folders: Mapping[str, Path], packages: Mapping[str, Package], place: Path
) -> None:
    """Names and defaults are the releases' own; what becomes of each is what the next one says."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lists = dict(
            zip(folders, pool.map(lambda one: asked(one, OPTIONS), folders.values()), strict=True)
        )
    wrong = [f"{one} {name}" for one in folders for name in differing(packages[one], lists[one])]
    count = sum(len(one["own"]) for one in lists.values())
    checks.demand("options: names and defaults", count > 0, f"{count} of {len(lists)} releases")
    checks.demand("options: differing", not wrong, "; ".join([str(len(wrong)), *wrong]))
    for old, new in pairwise(folders):
        _demand_pair(checks, packages[old], packages[new], folders[new], place)
    last = list(folders)[-1]
    fewer = replace(packages[last], options=packages[last].options[1:])
    seen = differing(fewer, lists[last])
    checks.demand(f"control: {last}, an option less", bool(seen), f"{len(seen)} differ")


def _demand_pair(checks: Checks, old: Package, new: Package, folder: Path, place: Path) -> None:
    before = names_of(old)
    names = sorted({*before.own, *before.older, *OF_LIBRARIES})
    config = place / f"options-{old.version}.conf"
    write(config, a_file(names))
    text = asked(folder, VALIDATE, str(config))
    gone = {one for one in said(UNKNOWN, text) if not one.startswith(LIBRARY)}
    renamed = said(OLDER, text)
    found = fates(names, [before], names_of(new))
    ours = {fate: {one.name for one in found if one.fate is fate} for fate in Fate}
    wrong = sorted((gone ^ ours[Fate.REMOVED]) | (renamed ^ ours[Fate.RENAMED]))
    more = len(list(new_defaults(old, new)))
    figure = f"{len(gone)} gone, {len(renamed)} renamed; {more} new defaults that it does not tell"
    checks.demand(
        f"options: {old.version} to {new.version}", not wrong, "; ".join([figure, *wrong])
    )


def differing(package: Package, listed: Listed) -> tuple[str, ...]:
    """Options that only one of the two has, or of which the default is another one.

    A default that an agent works out when it starts is not compared.
    """
    known = {option.path: option.default for option in package.options}
    auth = {name: default for name, default in listed["auth"].items() if name in known}
    really = {**auth, **listed["own"]}
    names = sorted({*known} ^ {*really})
    literal = {name: text for name, text in known.items() if not text.startswith("<")}
    both = sorted({*literal} & {*really})
    return (*names, *(one for one in both if json.loads(literal[one]) != really[one]))


def a_file(names: Iterable[str]) -> str:
    """A ceilometer.conf that sets all of them."""
    pairs = (name.partition("] ") for name in names)
    return "".join(f"{group}]\n{name} = 1\n" for group, _, name in pairs)


def said(pattern: re.Pattern[str], text: str) -> set[str]:
    """The options that lines of the validator name."""
    found = (pattern.search(line) for line in text.splitlines())
    return {f"[{one[1].split(':')[-1]}] {one[2].replace('-', '_')}" for one in found if one}
