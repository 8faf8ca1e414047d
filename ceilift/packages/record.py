"""A package's facts as plain data, as they are kept in the files of the catalogue, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from ceilift.package import Exchanges, Gnocchi, Messages, Option, Package

Data = dict[str, Any]
OF_OPTION = ("accepts", "aliases", "going")  # left out where there is nothing to say


def to_data(package: Package) -> Data:
    """Plain data, in the order in which it is written down."""
    return {
        "wheel": package.wheel,
        "sha256": package.sha256,
        "python": package.python,
        "requires": list(package.requires),
        "entry_points": _lists(package.entry_points),
        "options": _options(package.options),
        "messages": _lists(asdict(package.messages)),
        "exchanges": _lists(asdict(package.exchanges)),
        "gnocchi": {
            "requires": package.gnocchi.requires,
            "types": {name: dict(words) for name, words in package.gnocchi.types.items()},
            "operations": list(package.gnocchi.operations),
        },
        "schema": package.schema,
        "tables": _lists(package.tables),
        "units": dict(package.units),
        "definitions": _lists(package.definitions),
        "files": dict(package.files),
    }


def from_data(version: str, data: Data) -> Package:
    """The package again. Raises KeyError or TypeError for data that `to_data` did not make."""
    gnocchi = data["gnocchi"]
    return Package(
        version=version,
        wheel=data["wheel"],
        sha256=data["sha256"],
        python=data["python"],
        requires=tuple(data["requires"]),
        entry_points=_tuples(data["entry_points"]),
        options=tuple(
            Option(group=group, name=name, **_facts(words))
            for group, named in data["options"].items()
            for name, words in named.items()
        ),
        messages=Messages(**_tuples(data["messages"])),
        exchanges=Exchanges(**_tuples(data["exchanges"])),
        gnocchi=Gnocchi(gnocchi["types"], tuple(gnocchi["operations"]), gnocchi["requires"]),
        schema=data["schema"],
        tables=_tuples(data["tables"]),
        units=data["units"],
        definitions=_tuples(data["definitions"]),
        files=data["files"],
    )


def _options(options: Iterable[Option]) -> dict[str, dict[str, Data]]:
    found: dict[str, dict[str, Data]] = {}
    for option in options:
        words = {field.name: getattr(option, field.name) for field in fields(option)}
        kept = {
            name: list(value) if name == "aliases" else value
            for name, value in words.items()
            if name not in {"group", "name"} and (value or name not in OF_OPTION)
        }
        found.setdefault(option.group, {})[option.name] = kept
    return found


def _facts(words: Data) -> Data:
    return {**words, "aliases": tuple(words.get("aliases", ()))}


def _lists(groups: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {name: list(members) for name, members in groups.items()}


def _tuples(groups: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(members) for name, members in groups.items()}
