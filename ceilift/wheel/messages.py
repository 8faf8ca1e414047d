"""Fields of the messages between agents, from the code that writes and reads them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ceilift.package import Messages
from ceilift.wheel.source import Sources

EVENTS = ("ceilometer.event.models", "ceilometer.event.storage.models")  # from 10.0 on, and before


def messages(sources: Sources) -> Messages:
    """What a polled sample and an event carry, and what is read of a polled sample.

    Raises:
        BadInputError: the functions that write and read them are not where they were.
    """
    sends = _function(sources, ("ceilometer.publisher.utils",), "meter_message_from_counter")
    reads = _function(
        sources, ("ceilometer.telemetry.notifications",), "build_sample", "process_notification"
    )
    event = _function(sources, EVENTS, "serialize")
    always = {*_written(sends.body), *_keys(sends)}
    return Messages(
        sample_sends=tuple(sorted(always)),
        sample_may_send=tuple(sorted({*_written(list(ast.walk(sends)))} - always)),
        sample_requires=tuple(sorted(set(_demanded(reads)))),
        sample_accepts=tuple(sorted(set(_asked(reads)))),
        event_sends=tuple(sorted({*_keys(event)})),
    )


def _function(sources: Sources, homes: tuple[str, ...], *names: str) -> ast.FunctionDef:
    for home in homes:
        module = sources.module(home)
        for name in names if module else ():
            found = module.function(name) if module else None
            if found:
                return found
    raise sources.wheel.fault(homes[0], f"it has no function {' or '.join(names)}")


def _keys(function: ast.FunctionDef) -> Iterator[str]:
    """Keys of the dictionaries that are written out in it."""
    for node in ast.walk(function):
        if isinstance(node, ast.Dict):
            yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant))


def _written(nodes: list[ast.stmt] | list[ast.AST]) -> Iterator[str]:
    """Fields that these statements themselves set: message['field'] = value."""
    for node in nodes:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            yield from _field(target)


def _demanded(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield from (name for name in _field(node) if name != "payload")


def _field(node: ast.AST) -> Iterator[str]:
    """The field of name['field']; deeper paths are the envelope's."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


def _asked(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)
