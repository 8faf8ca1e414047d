"""The file of a series' packages as text: the same packages give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from packaging.version import Version

from ceilift.package import Package
from ceilift.packages.record import from_data, to_data

HEADER = (
    "# Read from the published wheels by `ceilift releases build`; not edited by hand.\n"
    "# What equals an earlier release's is written once (&) and referred to (*).\n"
)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SHORTEST = 40  # characters below which referring to what stands elsewhere makes nothing shorter
WIDTH = 100


def to_text(packages: Mapping[str, Package]) -> str:
    """The packages of one series, oldest first."""
    seen: dict[str, Any] = {}
    data = {
        version: _once(to_data(packages[version]), seen)
        for version in sorted(packages, key=Version)
    }
    return HEADER + yaml.dump(
        data, Dumper=yaml.SafeDumper, sort_keys=False, width=WIDTH, default_flow_style=None
    )


def from_text(text: str) -> dict[str, Package]:
    """The packages that stand in it, by version."""
    data = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe one
    return {version: from_data(version, facts) for version, facts in (data or {}).items()}


def _once(value: Any, seen: dict[str, Any]) -> Any:  # noqa: ANN401 - plain data of any shape
    """The same data, equal parts being one object: YAML writes such a part once."""
    if isinstance(value, dict):
        value = {key: _once(inner, seen) for key, inner in value.items()}
    if not isinstance(value, (dict, list)):
        return value
    key = json.dumps(value)
    return seen.setdefault(key, value) if len(key) > SHORTEST else value
