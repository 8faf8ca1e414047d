"""One line of a `file://` publisher as a sample.

The publisher writes `Sample.as_dict()`, one line a sample: its `repr`, or JSON where its URL says
`?json` (ceilometer/publisher/file.py of 16.0.1 and 17.0.2; 9.0.7 knows the repr only). The names
are those of the class (`name`, `id`: ceilometer/sample.py), not those of a metering message.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ceilift.state import Sample

UNREADABLE = (ValueError, SyntaxError, RecursionError, MemoryError, OverflowError)
LONG = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<digits>\b\d+)L\b"""
)  # Python 2 writes long integers so


def sample_of(line: str) -> Sample | None:
    """The sample in that line; None for a half-written line, an event, and anything else.

    Nothing in the line is evaluated. Values that are no literals (a volume of `nan`) do not
    matter: only the four fields of a sample are looked at. A time without a zone is UTC.
    """
    found = _fields(line.strip())
    meter, resource = found.get("name"), found.get("resource_id")
    moment = _seconds(found.get("timestamp"))
    if not isinstance(meter, str) or resource is None or moment is None:
        return None
    return Sample(meter, str(resource), moment, None, str(found.get("id") or ""))


def _fields(line: str) -> Mapping[str, object]:
    try:
        return _from_json(line) if line.startswith('{"') else _from_repr(line)
    except UNREADABLE:
        return {}


def _from_json(line: str) -> Mapping[str, object]:
    found = json.loads(line)
    return found if isinstance(found, dict) else {}


def _from_repr(line: str) -> Mapping[str, object]:
    """The constants among the dictionary's own values."""
    try:
        tree = ast.parse(line, mode="eval").body
    except SyntaxError:
        shorter = LONG.sub(lambda found: found["text"] or found["digits"], line)
        tree = ast.parse(shorter, mode="eval").body
    if not isinstance(tree, ast.Dict):
        return {}
    return {
        str(key.value): value.value
        for key, value in zip(tree.keys, tree.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
    }


def _seconds(text: object) -> float | None:
    """Epoch seconds of an ISO 8601 time."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except UNREADABLE:
        return None
