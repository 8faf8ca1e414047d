"""Units of meters, where the source states one beside the meter's name; others are not known."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ceilift.wheel.definitions import KINDS, load, places
from ceilift.wheel.source import Module, Sources, keywords

BY_CLASS = ("sample_name", "sample_unit")
BY_CALL = ("name", "unit")
METERS = (*KINDS["notification_meters"][0], *KINDS["snmp_meters"][0])
Pair = tuple[str, str]


def units(sources: Sources) -> dict[str, str]:
    """The unit of each meter; of one with several, all of them, by the alphabet."""
    found: dict[str, set[str]] = {}
    for name, unit in (*_of_code(sources), *_of_files(sources)):
        found.setdefault(name, set()).add(unit)
    return {name: " or ".join(sorted(found[name])) for name in sorted(found)}


def _of_code(sources: Sources) -> Iterator[Pair]:
    for module in sources.modules():
        yield from _of_module(sources, module)


def _of_module(sources: Sources, module: Module) -> Iterator[Pair]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            yield from _pair(sources, module, _attributes(node), BY_CLASS)
        elif isinstance(node, ast.Call):
            yield from _pair(sources, module, keywords(node), BY_CALL)


def _attributes(node: ast.ClassDef) -> dict[str, ast.expr]:
    return {
        target.id: statement.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _pair(
    sources: Sources, module: Module, named: dict[str, ast.expr], words: tuple[str, str]
) -> Iterator[Pair]:
    """The meter and its unit, where both are stated as text."""
    if all(word in named for word in words):
        name, unit = (sources.text(module, named[word]) for word in words)
        if name and unit:
            yield name, unit


def _of_files(sources: Sources) -> Iterator[Pair]:
    found = places(sources.wheel)
    for place in METERS:
        data = load(sources.wheel, found[place]) if place in found else {"metric": ()}
        for metric in data["metric"]:
            name, unit = metric.get("name"), metric.get("unit")
            if isinstance(name, str) and isinstance(unit, str) and "$" not in f"{name}{unit}":
                yield name, unit
