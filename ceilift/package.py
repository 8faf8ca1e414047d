"""What one published package of Ceilometer holds, as it was read from its wheel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

POLLSTERS = "ceilometer.poll."  # entry point groups, by namespace
NOT_READ = "<not read>"  # the default of an option of which only the name is known


def path(group: str, name: str) -> str:
    """How an option is named beside others: `[group] name`."""
    return f"[{group}] {name}"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of ceilometer.conf, as `oslo-config-generator` would list it.

    `default` is JSON where the source gives a literal; else the expression in angle brackets,
    which the agent computes when it starts. `accepts` is what limits the value (choices, bounds).
    `aliases` are older names that are still read, each as `[group] name`. `going`: deprecated for
    removal.
    """

    group: str
    name: str
    kind: str
    default: str
    accepts: str = ""
    aliases: tuple[str, ...] = ()
    going: bool = False

    @property
    def path(self) -> str:
        """The group and the name, as aliases are written."""
        return path(self.group, self.name)


@dataclass(frozen=True, slots=True)
class Messages:
    """Fields of the messages between agents.

    `sample_sends`: always in a polled sample; `sample_may_send`: under a condition.
    `sample_requires`: without which a notification agent fails on a polled sample;
    `sample_accepts`: read where they are there. `event_sends`: in an event.
    """

    sample_sends: tuple[str, ...] = ()
    sample_may_send: tuple[str, ...] = ()
    sample_requires: tuple[str, ...] = ()
    sample_accepts: tuple[str, ...] = ()
    event_sends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Exchanges of the message bus, as long as no option says otherwise.

    `listens`: those whose notifications the notification agents read; `publishes`: those that its
    agents publish to, samples and events.
    """

    listens: tuple[str, ...] = ()
    publishes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gnocchi:
    """What `ceilometer-upgrade` leaves in an empty Gnocchi.

    `types`: the resource types with their attributes, each described in words. `operations`: what
    is done beyond the first types, in order. `requires`: the oldest Gnocchi that is accepted, ""
    where none is demanded.
    """

    types: Mapping[str, Mapping[str, str]]
    operations: tuple[str, ...] = ()
    requires: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """One release as published. Every mapping is in the order of its keys.

    `wheel` and `sha256` name the file all of it was read from. `python`: Requires-Python, or the
    versions that the classifiers name. `entry_points`: names by group. `files`: SHA-256 of the
    configuration and definition files, by path. `definitions`: what stands in the default ones
    (`ceilift.wheel.definitions`). `tables`: columns by SQL table, none without a storage driver;
    `schema`: the number of the last SQL migration, 0 without one. `units`: of meters, as far as the
    source states the unit beside the name.

    A release that was never published has no wheel. What is known of it was entered by hand, from
    `source`; `unread` are the areas of a comparison of which nothing is known.
    """

    version: str
    wheel: str
    sha256: str
    python: str
    requires: tuple[str, ...]
    entry_points: Mapping[str, tuple[str, ...]]
    files: Mapping[str, str]
    definitions: Mapping[str, tuple[str, ...]]
    options: tuple[Option, ...]
    messages: Messages
    exchanges: Exchanges
    gnocchi: Gnocchi
    tables: Mapping[str, tuple[str, ...]]
    schema: int
    units: Mapping[str, str]
    source: str = ""
    unread: tuple[str, ...] = ()

    def pollsters(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the pollsters that the package registers, by namespace."""
        groups = (name for name in self.entry_points if name.startswith(POLLSTERS))
        return {name.removeprefix(POLLSTERS): self.entry_points[name] for name in groups}
