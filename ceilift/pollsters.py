"""Which pollsters an agent polls: the sources of its polling.yaml, matched as Ceilometer does.

Resources are shared among the members of a group, pollsters are not: a pollster that one member
lacks is missing on that member's share. So what the old and the new agents poll is compared, and
a file is made that holds an agent to a given set of pollsters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import yaml

COMMENT = """\
# Written by Ceilift for a rolling upgrade, from the sources of the new release's own polling file.
# It names one by one the pollsters that this agent may run until old and new agents are merged
# into one group: any other would be polled on this agent's share of the resources alone, or twice.
# Do not edit: the full file takes its place at the merge.
"""
WILD = re.compile(r"[*?\[]")
LOGIN = re.compile(r"^(snmp://).*@", re.DOTALL | re.IGNORECASE)
NOT_KEPT = "***@"  # in place of a login
EXPRESSION = "group_id_coordination_expression"


@dataclass(frozen=True, slots=True)
class PollingSource:
    """One source of a polling file.

    `meters` are its patterns as written, each at least one character long. `interval_s` is in whole
    seconds, as Ceilometer cuts it. `group_expression` (releases from 25.0) is carried as text: the
    agent evaluates it, nothing here ever does.
    """

    name: str
    interval_s: float
    meters: tuple[str, ...]
    resources: tuple[str, ...] = ()
    discovery: tuple[str, ...] = ()
    group_expression: str = ""


@dataclass(frozen=True, slots=True)
class PollingFile:
    """The sources of a polling file; or none of them, and the fault that keeps an agent from it.

    `fault` names the place and the rule, never what stands there.
    """

    sources: tuple[PollingSource, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the new agents poll and the old do not, the other way round, and what both poll."""

    new: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A pattern of a source that stands for no pollster the release loads: it polls nothing."""

    source: str
    pattern: str


@dataclass(frozen=True, slots=True)
class PollstersWanted:
    """An installed release on a host, the namespaces of an agent, and its configuration files.

    Without `configs`, the inventory's ceilometer.conf of that host is read.
    """

    host: str
    release: str
    namespaces: tuple[str, ...]
    configs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PollstersSeen:
    """The pollsters that an installed release loads for namespaces together, sorted by name.

    `failed` are the entry points it passes over, because they do not import here or refuse to load.
    `fault` says in words why nothing is known; then there are no names.
    """

    host: str
    release: str
    namespaces: tuple[str, ...]
    names: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    fault: str = ""


def without_login(resource: str) -> str:
    """A static resource without user, password or community, as it may be shown and kept.

    The SNMP inspector takes these from the URL (ceilometer/hardware/inspector/snmp.py); samples
    are stored under the host alone.
    """
    return LOGIN.sub(rf"\1{NOT_KEPT}", resource)


def lacks_login(source: PollingSource) -> bool:
    """Whether a login was left out: then no agent could poll by this source."""
    return any(NOT_KEPT in resource and LOGIN.match(resource) for resource in source.resources)


def is_supported(patterns: Collection[str], name: str) -> bool:
    """Whether a source of these patterns takes the pollster, as Source.is_supported decides.

    Any `!pattern` that matches refuses; then any other that matches accepts; then only a list of
    nothing but `!` patterns accepts. Matching is fnmatch's, case-sensitive as on POSIX.
    """
    if any(fnmatchcase(name, pattern[1:]) for pattern in patterns if pattern.startswith("!")):
        return False
    plain = [pattern for pattern in patterns if not pattern.startswith("!")]
    return not plain or any(fnmatchcase(name, pattern) for pattern in plain)


def matched(names: Iterable[str], sources: Collection[PollingSource]) -> frozenset[str]:
    """Those of the loaded pollsters that some source takes: what an agent really polls."""
    return frozenset(
        name for name in names if any(is_supported(source.meters, name) for source in sources)
    )


def stored_meter(name: str) -> str:
    """The meter under which a pollster's samples are stored: nearly always its own name.

    Those of the RADOS gateway differ in 8.1.5 and 9.0.7, whose entry points `rgw.*` make samples
    `radosgw.*` (ceilometer/objectstore/rgw.py); 16.0.1 and 17.0.2 have one name for both.
    """
    return f"radosgw.{name.removeprefix('rgw.')}" if name.startswith("rgw.") else name


def compare(old: Iterable[str], new: Iterable[str]) -> Difference:
    """The pollsters of the old and of the new agents, sorted by name."""
    before, after = frozenset(old), frozenset(new)
    return Difference(
        tuple(sorted(after - before)), tuple(sorted(before - after)), tuple(sorted(before & after))
    )


def restricted(
    sources: Iterable[PollingSource], names: Iterable[str], loaded: Iterable[str]
) -> tuple[PollingSource, ...]:
    """The sources limited to exactly these of the loaded pollsters, each named in full.

    What they match of `loaded` is what the given sources match of it and `names` holds. All else
    of a source stays; a source that keeps no pollster is left out. No pollster's name may begin
    with `!`: no pattern can stand for it.
    """
    wanted = sorted(frozenset(names) & frozenset(loaded))
    kept = ((one, [name for name in wanted if is_supported(one.meters, name)]) for one in sources)
    return tuple(
        replace(source, meters=tuple(_literal(name) for name in left))
        for source, left in kept
        if left
    )


def polling_yaml(sources: Iterable[PollingSource]) -> str:
    """A polling.yaml of these sources; it reads back to them, and says who wrote it and why."""
    body = {"sources": [dict(_written(source)) for source in sources]}
    return COMMENT + yaml.safe_dump(body, sort_keys=False, default_flow_style=False)


def unmatched(sources: Iterable[PollingSource], loaded: Collection[str]) -> tuple[Unmatched, ...]:
    """The patterns, in the file's order, that accept none of the loaded pollsters.

    Ceilometer says nothing of them: a meter that a release no longer has just stops. Patterns with
    `!` are none of them: they refuse what is not there anyway.
    """
    return tuple(
        Unmatched(source.name, pattern)
        for source in sources
        for pattern in source.meters
        if not pattern.startswith("!") and not any(fnmatchcase(name, pattern) for name in loaded)
    )


def is_explicit(pattern: str) -> bool:
    """Whether a pattern names exactly one pollster: no wildcard in it, and no refusal."""
    return not pattern.startswith("!") and not WILD.search(pattern)


def _literal(name: str) -> str:
    """The pattern that fnmatch matches with this name alone."""
    return WILD.sub(lambda found: f"[{found[0]}]", name)


def _written(source: PollingSource) -> Iterator[tuple[str, object]]:
    yield "name", source.name
    yield "interval", int(source.interval_s)
    yield "meters", list(source.meters)
    if source.resources:
        yield "resources", list(source.resources)
    if source.discovery:
        yield "discovery", list(source.discovery)
    if source.group_expression:
        yield EXPRESSION, source.group_expression
