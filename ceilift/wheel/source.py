"""The package's Python source as a tree: what a name stands for, without running any of it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass

from ceilift.errors import BadInputError
from ceilift.wheel.archive import Wheel

PACKAGE = "ceilometer/"


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its tree, what its top level assigns, and what it imports from where."""

    name: str
    tree: ast.Module
    assigned: dict[str, ast.expr]
    imported: dict[str, str]

    def function(self, name: str) -> ast.FunctionDef | None:
        """The first function of that name, also inside a class."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        return None


@dataclass(frozen=True, slots=True)
class Meaning:
    """An expression, and the module whose names it uses."""

    module: Module
    node: ast.expr


class Sources:
    """The modules of one wheel, each parsed once."""

    def __init__(self, wheel: Wheel) -> None:
        self.wheel = wheel
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of that dotted name. Raises BadInputError when its text cannot be parsed."""
        if name not in self._modules:
            self._modules[name] = self._parse(name)
        return self._modules[name]

    def modules(self) -> Iterator[Module]:
        """Every module of the package but its tests, by path. Raises BadInputError as `module`."""
        for path in self.wheel.paths():
            if path.startswith(PACKAGE) and path.endswith(".py"):
                name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                found = self.module(name)
                if found is not None:
                    yield found

    def meaning(self, module: Module, node: ast.expr) -> Meaning | None:
        """What a name, with or without dots, stands for; None outside this package."""
        words = dotted(node)
        if words is None:
            return None
        first, *rest = words.split(".")
        if not rest and first in module.assigned:
            return Meaning(module, module.assigned[first])
        home, _, name = ".".join([module.imported.get(first, first), *rest]).rpartition(".")
        found = self.module(home) if home else None
        if found is None or name not in found.assigned:
            return None
        return Meaning(found, found.assigned[name])

    def literal(self, module: Module, node: ast.expr) -> str:
        """The value as JSON, through names; else the expression itself, in angle brackets."""
        value = self._plain(module, node)
        if value is None:
            return f"<{ast.unparse(node)}>"
        return json.dumps(ast.literal_eval(value), ensure_ascii=False)

    def text(self, module: Module, node: ast.expr) -> str:
        """The value, through names, where it is text; else ""."""
        value = self._plain(module, node)
        return (
            value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
        )

    def fault(self, module: Module, node: ast.AST, what: str) -> BadInputError:
        """The error that names the place of what this reader does not know; to be raised."""
        line = getattr(node, "lineno", 0)
        return self.wheel.fault(f"{module.name}, line {line}", f"{what}: {ast.unparse(node)[:100]}")

    def _plain(self, module: Module, node: ast.expr) -> ast.expr | None:
        try:
            json.dumps(ast.literal_eval(node))
        except (ValueError, TypeError):
            found = self.meaning(module, node)
            return None if found is None else self._plain(found.module, found.node)
        return node

    def _parse(self, name: str) -> Module | None:
        stem = name.replace(".", "/")
        path = next((p for p in (f"{stem}.py", f"{stem}/__init__.py") if self.wheel.has(p)), None)
        if path is None:
            return None
        try:
            tree = ast.parse(self.wheel.text(path))
        except SyntaxError as error:
            raise self.wheel.fault(path, f"it is no Python that this one reads: {error}") from None
        return Module(name, tree, _assigned(tree), _imported(tree))


def dotted(node: ast.expr) -> str | None:
    """A name with its dots, as it is written; None when it is anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return before and f"{before}.{node.attr}"
    return None


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """The named arguments of a call."""
    return {word.arg: word.value for word in call.keywords if word.arg}


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names = (target.id for target in node.targets if isinstance(target, ast.Name))
            found.update(dict.fromkeys(names, node.value))
    return found


def _imported(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update({name.asname: name.name for name in node.names if name.asname})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({n.asname or n.name: f"{node.module}.{n.name}" for n in node.names})
    return found
