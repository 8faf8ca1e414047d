"""Exchanges of the bus, from the code that names them and the defaults of the options it uses."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping

from ceilift.package import Exchanges, Option
from ceilift.wheel.source import Module, Sources, dotted, keywords

WORD = "exchange"
OWN = "set_transport_defaults"  # of oslo.messaging: where agents publish unless told otherwise
Defaults = Mapping[str, tuple[str, ...]]


def exchanges(sources: Sources, options: Iterable[Option]) -> Exchanges:
    """Where notification agents listen, and where agents publish, unless options say otherwise.

    Raises:
        BadInputError: targets are made in a way that is not known here; guessing would lose some.
    """
    defaults = {
        option.name.replace("-", "_"): _names(option.default)
        for option in options
        if WORD in option.name
    }
    listens, publishes = set[str](), set[str]()
    for module in sources.modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                listens.update(_listens(sources, module, node, defaults))
            elif isinstance(node, ast.Call) and (dotted(node.func) or "").endswith(OWN):
                publishes.add(sources.text(module, node.args[0]))
    return Exchanges(tuple(sorted(listens)), tuple(sorted(publishes)))


def _names(default: str) -> tuple[str, ...]:
    """The exchanges that a default names: one, or a list."""
    if default.startswith("<"):
        return ()
    found = json.loads(default)
    return tuple(map(str, found)) if isinstance(found, list) else (str(found),)


def _listens(
    sources: Sources, module: Module, function: ast.FunctionDef, defaults: Defaults
) -> Iterator[str]:
    """What the targets that a function makes are bound to: the options that it takes them from."""
    if not any(_is_target(node) for node in ast.walk(function)):
        return
    used = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    found = [name for option in sorted(used & {*defaults}) for name in defaults[option]]
    if not found:
        raise sources.fault(module, function, "it names exchanges in a way that is not known")
    yield from found


def _is_target(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and WORD in keywords(node)
