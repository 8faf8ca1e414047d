"""The SQL schema of releases that have a storage driver, from its models and migrations."""

from __future__ import annotations

import ast
import re

from ceilift.wheel.archive import Wheel
from ceilift.wheel.source import Sources, dotted

MODELS = "ceilometer.storage.sqlalchemy.models"
MIGRATION = re.compile(r"ceilometer/storage/sqlalchemy/migrate_repo/versions/(\d+)_\w+\.py$")


def tables(sources: Sources) -> dict[str, tuple[str, ...]]:
    """The columns of each table; nothing for a release without the driver (10.0 and later)."""
    module = sources.module(MODELS)
    classes = (
        [node for node in module.tree.body if isinstance(node, ast.ClassDef)] if module else []
    )
    found = {name: _columns(node) for node in classes if (name := _table(node))}
    return dict(sorted(found.items()))


def last_migration(wheel: Wheel) -> int:
    """The number of the last migration script; 0 without any."""
    return max(
        (int(found[1]) for path in wheel.paths() if (found := MIGRATION.match(path))), default=0
    )


def _table(node: ast.ClassDef) -> str | None:
    for name, value in _assigned(node):
        if name == "__tablename__" and isinstance(value, ast.Constant):
            return str(value.value)
    return None


def _columns(node: ast.ClassDef) -> tuple[str, ...]:
    return tuple(
        sorted(
            name
            for name, value in _assigned(node)
            if isinstance(value, ast.Call) and (dotted(value.func) or "").endswith("Column")
        )
    )


def _assigned(node: ast.ClassDef) -> list[tuple[str, ast.expr]]:
    return [
        (target.id, statement.value)
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]
