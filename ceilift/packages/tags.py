"""Releases that were never published: what is known of a git tag, told as what came after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from ceilift.package import NOT_READ, Exchanges, Messages, Option, Package, path

UNREAD = (
    "units",
    "publishers",
    "plugins",
    "exchanges",
    "gnocchi",
    "database",
    "defaults",
    "files",
    "requirements",
)
Data = Mapping[str, Any]
Groups = Mapping[str, tuple[str, ...]]


def before(following: Package, version: str, told: Data) -> Package:
    """The release before `following`, by what was told of the way from one to the other.

    `told` is one entry of `ceilift/releases/tags/`. What it says nothing of is as in `following`,
    or not known at all (`Package.unread`).

    Raises:
        ValueError: something is told to come, or to have been otherwise, that `following` has not.
    """
    points = told["entry_points"]
    snmp = told.get("snmp_meters", {})
    return replace(
        following,
        version=version,
        wheel="",
        sha256="",
        source=str(told["source"]),
        python=str(told["python"]),
        entry_points=_undone(following.entry_points, points),
        options=_options(following.options, told["options"]),
        messages=_messages(following.messages, told.get("messages", {})),
        definitions=_undone(
            {"snmp_meters": following.definitions["snmp_meters"]},
            {way: {"snmp_meters": names} for way, names in snmp.items()},
        ),
        exchanges=Exchanges(),
        requires=(),
        files={},
        units={},
        unread=UNREAD,
    )


def _undone(after: Groups, told: Data) -> dict[str, tuple[str, ...]]:
    """Named groups without what was added, and with what was removed."""
    added, removed = told.get("added", {}), told.get("removed", {})
    groups = {
        group: _without(after.get(group, ()), added.get(group, ())) | {*removed.get(group, ())}
        for group in {*after, *added, *removed}
    }
    return {group: tuple(sorted(groups[group])) for group in sorted(groups) if groups[group]}


def _without(names: Iterable[str], added: Iterable[str]) -> set[str]:
    unknown = {*added} - {*names}
    if unknown:
        raise ValueError(f"told as new, but the next release has no {sorted(unknown)}")
    return {*names} - {*added}


def _messages(after: Messages, told: Data) -> Messages:
    groups = {field.name: getattr(after, field.name) for field in fields(after)}
    return Messages(**{**dict.fromkeys(groups, ()), **_undone(groups, told)})


def _options(after: Iterable[Option], told: Data) -> tuple[Option, ...]:
    by_path = {option.path: option for option in after}
    stayed = _without(by_path, told.get("added", ()))
    found = {name: _as_it_was(by_path[name], told) for name in stayed}
    for name in told.get("removed", ()):
        group, _, word = name.removeprefix("[").partition("] ")
        going = name in told.get("were_deprecated", ())
        found[name] = _as_it_was(Option(group, word, "", NOT_READ, going=going), told)
    unknown = {*told.get("defaults", {}), *told.get("deprecated", ()), *told.get("aliases", {})}
    if unknown - {*found}:
        raise ValueError(f"told as other before, but there is no {sorted(unknown - {*found})}")
    return tuple(sorted(found.values(), key=lambda option: (option.group, option.name)))


def _as_it_was(option: Option, told: Data) -> Option:
    name = path(option.group, option.name)
    lost = told.get("aliases", {}).get(name, ())
    return replace(
        option,
        default=told.get("defaults", {}).get(name, option.default),
        going=option.going and name not in told.get("deprecated", ()),
        aliases=tuple(sorted({*option.aliases, *lost})),
    )
