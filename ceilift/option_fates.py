"""What becomes of the options that ceilometer.conf sets, when another release reads it.

Judged are the options of Ceilometer's own packages. What neither release lists may be an option of
a library (oslo.messaging, keystoneauth and others): nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ceilift.package import Option, Package

# What libraries read under the same names, in every release: oslo.db what were older names of
# [storage] options of 8.x, keystoneauth the credentials (some of which 5.x and 6.x listed).
LIBRARY = ("[database] max_retries", "[database] retry_interval", "[service_credentials] ")


class Fate(StrEnum):
    """How the new release takes an option that is set."""

    REMOVED = "removed"
    RENAMED = "renamed"  # the name in the file is an older one, and still read
    GOING = "deprecated for removal"


@dataclass(frozen=True, slots=True)
class Doomed:
    """An option that is set and does not simply stay; names are `[group] name`.

    `instead`: the name under which the new release reads it ("": none is known). `early`: whether
    the old release reads that name too, so that the file can be changed beforehand.
    """

    name: str
    fate: Fate
    instead: str = ""
    early: bool = False


@dataclass(frozen=True, slots=True)
class NewDefault:
    """An option whose default is another one in the new release, both as JSON."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Names:
    """The options of one package by their own names and by older ones that it still reads."""

    own: Mapping[str, Option]
    older: Mapping[str, Option]

    def option(self, name: str) -> Option | None:
        """The option that is read when this name stands in the file."""
        return self.own.get(name) or self.older.get(name)


def names_of(package: Package) -> Names:
    """The package's options by name, as oslo.config looks for them: `-` and `_` are the same."""
    by_section = sorted(package.options, key=lambda option: option.group != "DEFAULT")
    return Names(
        {_plain(option.path): option for option in by_section},
        {_plain(name): option for option in by_section for name in option.aliases},
    )


def fates(names: Iterable[str], old: Sequence[Names], new: Names) -> tuple[Doomed, ...]:
    """Those of the names that do not simply stay, in the order given."""
    found = (_fate(name, old, new) for name in names)
    return tuple(one for one in found if one is not None)


def new_defaults(old: Package, new: Package) -> Iterator[NewDefault]:
    """The options that both have, with another default.

    Left out are defaults that an agent works out when it starts, and those nobody has read.
    """
    before = {option.path: option.default for option in old.options}
    for option in new.options:
        was = before.get(option.path, option.default)
        if was != option.default and not any(one.startswith("<") for one in (was, option.default)):
            yield NewDefault(_plain(option.path), was, option.default)


def _fate(name: str, old: Sequence[Names], new: Names) -> Doomed | None:
    if name in new.own:
        return Doomed(name, Fate.GOING) if new.own[name].going else None
    if name in new.older:
        instead = _plain(new.older[name].path)
        return Doomed(name, Fate.RENAMED, instead, early=any(instead in one.own for one in old))
    knew = next((one for one in old if one.option(name)), None)
    if knew is None or name.startswith(LIBRARY):
        return None
    instead = _instead(name, knew, new)
    return Doomed(name, Fate.REMOVED, instead, early=knew.option(instead) is not None)


def _instead(name: str, old: Names, new: Names) -> str:
    """A name that the new release reads, of the option that the old one reads by `name`."""
    option = old.option(name)
    known = (option.path, *option.aliases) if option else ()
    return next((_plain(other) for other in known if _plain(other) in new.own), "")


def _plain(path: str) -> str:
    group, _, name = path.partition("] ")
    return f"{group}] {name.replace('-', '_')}"
