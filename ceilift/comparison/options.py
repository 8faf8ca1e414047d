"""Options of two releases: what is new, gone, renamed or has another default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ceilift.comparison.change import Change, Kind, changes
from ceilift.package import NOT_READ, Option, Package

AREA = "options"
Options = Mapping[str, Option]


def option_changes(old: Package, new: Package) -> Iterator[Change]:
    """Every difference between the options of two packages, by name."""
    before, after = _by_path(old), _by_path(new)
    renamed = sorted(_renamed(before, after))
    from_names, to_names = {one for one, _ in renamed}, {other for _, other in renamed}
    for one, other in renamed:
        yield _rename(before[one], after[other])
    rest = changes(
        AREA,
        {path: words(option) for path, option in before.items() if path not in from_names},
        {path: words(option) for path, option in after.items() if path not in to_names},
    )
    for change in rest:
        yield _noted(change, before, after)


def words(option: Option) -> str:
    """One option: its kind, default, limits, other names and whether it is to go."""
    parts = [option.kind] if option.kind else []
    parts += [f"default {option.default}"]
    parts += [option.accepts] if option.accepts else []
    parts += [f"also read as {', '.join(option.aliases)}"] if option.aliases else []
    parts += ["deprecated for removal"] if option.going else []
    return "; ".join(parts)


def _by_path(package: Package) -> dict[str, Option]:
    return {option.path: option for option in package.options}


def _renamed(before: Options, after: Options) -> Iterator[tuple[str, str]]:
    """Pairs of an option that went and one that came, where one lists the other's name."""
    gone = [before[path] for path in before if path not in after]
    come = [after[path] for path in after if path not in before]
    for one in gone:
        for other in come:
            if one.path in other.aliases or other.path in one.aliases:
                yield one.path, other.path


def _rename(one: Option, other: Option) -> Change:
    still = one.path in other.aliases
    note = "the old name is still read" if still else "the old name is not read any more"
    if _other_default(one, other):
        note += f"; its default was {one.default} and is {other.default}"
    return Change(
        AREA, " / ".join(sorted((one.path, other.path))), Kind.RENAMED, one.path, other.path, note
    )


def _noted(change: Change, before: Options, after: Options) -> Change:
    """The same change with what an operator has to know of it."""
    note = ""
    if change.kind is Kind.REMOVED:
        was = before[change.name]
        note = "its removal was announced" if was.going else "it was not marked deprecated"
    elif change.kind is Kind.CHANGED:
        note = _of_change(before[change.name], after[change.name])
    return Change(change.area, change.name, change.kind, change.before, change.after, note)


def _other_default(one: Option, other: Option) -> bool:
    return one.default != other.default and NOT_READ not in {one.default, other.default}


def _of_change(one: Option, other: Option) -> str:
    found = []
    if _other_default(one, other):
        found.append("where it is not set, the new default holds")
    lost = sorted({*one.aliases} - {*other.aliases})
    if lost:
        found.append(f"not read as {', '.join(lost)} any more")
    if other.going and not one.going:
        found.append("it is deprecated now")
    return "; ".join(found)
