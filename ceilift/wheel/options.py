"""The options of ceilometer.conf, from `ceilometer/opts.py` and the lists it is made of."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from ceilift.package import Option, path
from ceilift.wheel.source import Meaning, Module, Sources, dotted, keywords

LISTS = ("list_opts", "list_keystoneauth_opts")
LIBRARY = "loading."  # keystoneauth's own options: they are not this package's
LIMITS = ("choices", "min", "max", "max_length", "regex")


def options(sources: Sources) -> tuple[Option, ...]:
    """Every option that the package registers, by group and name.

    Raises:
        BadInputError: a list is made in a way that is not known here; guessing would lose options.
    """
    module = sources.module("ceilometer.opts")
    if module is None:
        raise sources.wheel.fault("ceilometer/opts.py", "it is missing")
    found = {
        (group, option.name): option
        for name in LISTS
        for group, meaning in _groups(sources, module, name)
        for option in _options(sources, group, meaning)
    }
    return tuple(found[key] for key in sorted(found))


def _groups(sources: Sources, module: Module, name: str) -> Iterator[tuple[str, Meaning]]:
    function = module.function(name)
    for node in ast.walk(function) if function else ():
        if isinstance(node, ast.Return) and isinstance(node.value, ast.List):
            for pair in node.value.elts:
                if not isinstance(pair, ast.Tuple) or not isinstance(pair.elts[0], ast.Constant):
                    raise sources.fault(module, pair, "this is not a group with its options")
                yield str(pair.elts[0].value), Meaning(module, pair.elts[1])


def _options(sources: Sources, group: str, meaning: Meaning) -> Iterator[Option]:
    for call in _calls(sources, meaning):
        yield _option(sources, group, call)


def _calls(sources: Sources, meaning: Meaning) -> Iterator[Meaning]:
    """The calls that make options, inside lists, sums, chains, and through names."""
    node, module = meaning.node, meaning.module
    parts = _parts(node)
    if parts is not None:
        for part in parts:
            yield from _calls(sources, Meaning(module, part))
        return
    called = dotted(node.func) if isinstance(node, ast.Call) else None
    if called and called.startswith(LIBRARY):
        return
    if called and called.endswith("Opt"):
        yield meaning
        return
    found = sources.meaning(module, node)
    if found is None:
        raise sources.fault(module, node, "options are made here in a way that is not known")
    yield from _calls(sources, found)


def _parts(node: ast.expr) -> list[ast.expr] | None:
    if isinstance(node, (ast.List, ast.Tuple)):
        return node.elts
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Starred):
        return [node.value]
    if isinstance(node, ast.Call) and dotted(node.func) in {"itertools.chain", "list", "chain"}:
        return node.args
    return None


def _option(sources: Sources, group: str, made: Meaning) -> Option:
    call, module = made.node, made.module
    assert isinstance(call, ast.Call)  # noqa: S101 - _calls yields nothing else
    words = keywords(call)
    name = _word(sources, module, words.get("name") or call.args[0])
    default = words.get("default")
    return Option(
        group=group,
        name=name,
        kind=(dotted(call.func) or "").rpartition(".")[2],
        default="null" if default is None else sources.literal(module, default),
        accepts=", ".join(
            f"{limit} {sources.literal(module, words[limit])}" for limit in LIMITS if limit in words
        ),
        aliases=tuple(sorted(set(_aliases(sources, module, (group, name), words)))),
        going=sources.literal(module, words["deprecated_for_removal"]) == "true"
        if "deprecated_for_removal" in words
        else False,
    )


def _aliases(
    sources: Sources, module: Module, own: tuple[str, str], words: dict[str, ast.expr]
) -> Iterator[str]:
    if "deprecated_name" in words or "deprecated_group" in words:
        yield _alias(sources, module, own, words)
    for call in _calls(sources, Meaning(module, words.get("deprecated_opts") or ast.List([]))):
        assert isinstance(call.node, ast.Call)  # noqa: S101 - _calls yields nothing else
        given = keywords(call.node)
        named = {f"deprecated_{word}": value for word, value in given.items()}
        named.update(zip(("deprecated_name", "deprecated_group"), call.node.args, strict=False))
        yield _alias(sources, call.module, own, named)


def _alias(
    sources: Sources, module: Module, own: tuple[str, str], words: dict[str, ast.expr]
) -> str:
    group, name = (
        _word(sources, module, words[f"deprecated_{word}"]) if f"deprecated_{word}" in words else it
        for word, it in zip(("group", "name"), own, strict=True)
    )
    return path(group or own[0], name or own[1])


def _word(sources: Sources, module: Module, node: ast.expr) -> str:
    text = sources.literal(module, node)
    if text.startswith("<"):
        raise sources.fault(module, node, "a name is computed here")
    return str(json.loads(text) or "")
