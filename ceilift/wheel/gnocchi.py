"""Gnocchi's resource types after `ceilometer-upgrade`, from `ceilometer/gnocchi_client.py`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from ceilift.package import Gnocchi
from ceilift.wheel.source import Module, Sources

ATTRIBUTES = "/attributes/"
Types = dict[str, dict[str, str]]


def gnocchi(sources: Sources) -> Gnocchi:
    """The types that an empty Gnocchi has after it, and the operations in their order.

    Raises:
        BadInputError: an operation is of a kind that is not known here.
    """
    module = sources.module("ceilometer.gnocchi_client")
    if module is None:
        raise sources.wheel.fault("ceilometer/gnocchi_client.py", "it is missing")
    operations = _value(sources, module, "resources_update_operations")
    types: Types = {
        name: {key: _words(value) for key, value in attributes.items()}
        for name, attributes in _value(sources, module, "resources_initial").items()
    }
    for operation in operations:
        _apply(sources, types, operation)
    return Gnocchi(
        types={name: dict(sorted(types[name].items())) for name in sorted(types)},
        operations=tuple(str(operation["desc"]) for operation in operations),
        requires=_required(module),
    )


def _required(module: Module) -> str:
    """The oldest Gnocchi it takes: written as text, or handed to a parser of versions."""
    node = module.assigned.get("REQUIRED_VERSION")
    texts = (
        (each.value for each in ast.walk(node) if isinstance(each, ast.Constant)) if node else ()
    )
    return next((text for text in texts if isinstance(text, str)), "")


def _value(sources: Sources, module: Module, name: str) -> Any:  # noqa: ANN401 - as it is written there
    node = module.assigned.get(name)
    try:
        return ast.literal_eval(node) if node else None
    except ValueError:
        raise sources.wheel.fault("ceilometer/gnocchi_client.py", f"{name} is computed") from None


def _apply(sources: Sources, types: Types, operation: Mapping[str, Any]) -> None:
    kind, name, data = operation["type"], operation["resource_type"], operation["data"]
    if kind == "create_resource_type":
        wanted = data[0]["attributes"]
        types.setdefault(name, {key: _words(value) for key, value in wanted.items()})
        return
    if kind != "update_attribute_type":
        raise sources.wheel.fault("ceilometer/gnocchi_client.py", f"operation {kind} is not known")
    for change in data:
        attribute = str(change["path"]).removeprefix(ATTRIBUTES)
        if change["op"] == "remove":
            types[name].pop(attribute, None)
        else:
            types[name][attribute] = _words(change["value"])


def _words(attribute: Mapping[str, Any]) -> str:
    """One attribute: `string, required, 0 to 255 characters`."""
    words = [str(attribute["type"]), "required" if attribute.get("required") else "optional"]
    if "max_length" in attribute:
        words.append(f"{attribute.get('min_length', 0)} to {attribute['max_length']} characters")
    if "options" in attribute:
        words.append(f"existing rows get {attribute['options'].get('fill')!r}")
    return ", ".join(words)
