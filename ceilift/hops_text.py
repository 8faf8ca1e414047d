"""The upgrades on the way to a release further off, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ceilift.plan_text import finding_lines
from ceilift.way_by_hops import Hop


def hops_to_json(hops: Sequence[Hop]) -> list[dict[str, Any]]:
    """Each upgrade with its findings, as they are in a plan."""
    return [
        asdict(hop) | {"findings": [_severity_in_words(asdict(one)) for one in hop.findings]}
        for hop in hops
    ]


def hops_to_text(hops: Sequence[Hop]) -> str:
    """A list of the upgrades, under each what it meets that the one before has not told."""
    if not hops:
        return ""
    head = (
        f"## One upgrade at a time: {len(hops)} of them\n\n"
        "What each would find on this cloud, were the one before done and its own release "
        "installed. What the one before has told is not told again.\n"
    )
    return "\n".join([head, *(line for hop in hops for line in _lines(hop))])


def _lines(hop: Hop) -> Iterator[str]:
    kind = ", SLURP" if hop.slurp else ""
    yield f"- {hop.old} to **{hop.new}** ({hop.name}{kind})"
    yield from (f"    - {line}" for line in finding_lines(hop.findings))


def _severity_in_words(finding: dict[str, Any]) -> dict[str, Any]:
    return finding | {"severity": finding["severity"].value}
