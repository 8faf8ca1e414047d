"""A pipeline file held to some of its pipes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from ceilift.pipeline.identity import Kind, Pipe


def only_pipes(kind: Kind, text: str, names: Collection[str]) -> str:
    """The same file with the pipes of these names alone, their patterns and sinks as they are.

    `text` is one that a release has loaded. An empty one, or one without any of them, gives a file
    without pipes, which the loader accepts.
    """
    data = yaml.safe_load(text) if text.strip() else {}
    sources = list(_sources(kind, data.get("sources") or (), names))
    wanted = {sink for source in sources for sink in source["sinks"]}
    sinks = [sink for sink in data.get("sinks") or () if sink["name"] in wanted]
    return str(yaml.safe_dump({"sources": sources, "sinks": sinks}, sort_keys=False))


def _sources(
    kind: Kind, sources: Collection[Mapping[str, Any]], names: Collection[str]
) -> Iterator[dict[str, Any]]:
    for source in sources:
        kept = [sink for sink in source["sinks"] if _name(kind, source["name"], sink) in names]
        if kept:
            yield {**source, "sinks": kept}


def _name(kind: Kind, source: object, sink: object) -> str:
    return Pipe(kind, str(source), str(sink), (), (), ()).name
