"""What a package holds, part by part, as named things that can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement

from ceilift.package import POLLSTERS, Package

Named = Mapping[str, str]
DISCOVERIES = "ceilometer.discover"  # behind it the namespace, from Newton on
PUBLISHERS = ("ceilometer.sample.publisher", "ceilometer.event.publisher")
PROGRAMS = ("console_scripts", "wsgi_scripts")
DEFAULTS = {
    "polled": "polled by default",
    "polling_intervals_s": "interval by default (s)",
    "sample_publishers": "samples are published to",
    "transformers": "transformer of the default pipeline",
    "event_publishers": "events are published to",
    "events": "event made of notifications",
    "notification_meters": "meter made of notifications",
    "gnocchi_metrics": "metric in Gnocchi",
}
FIELDS = {
    "sample_sends": "sent with every sample",
    "sample_may_send": "sent with a sample at times",
    "sample_requires": "demanded of a sample",
    "sample_accepts": "read of a sample where it is there",
    "event_sends": "sent with every event",
}

EXCHANGES = {"listens": "notifications are read from", "publishes": "agents publish to"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a package: the area its differences belong to, and how it is read.

    `named` gives what it holds by name; the value is "" where the name says all. `of_both`: only
    what both releases have is compared, as another part tells what is new and gone.
    """

    area: str
    named: Callable[[Package], Named]
    of_both: bool = False


def _python(package: Package) -> Named:
    return {"Python": package.python}


def _requirements(package: Package) -> Named:
    found: dict[str, str] = {}
    for text in package.requires:
        wanted = Requirement(text)
        if "test" in str(wanted.marker):
            continue  # what its developers need
        where = f" ({wanted.marker})" if wanted.marker else ""
        extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
        found[f"{wanted.name}{extras}{where}"] = str(wanted.specifier) or "any"
    return found


def _programs(package: Package) -> Named:
    return _all(name for group in PROGRAMS for name in package.entry_points.get(group, ()))


def _pollsters(package: Package) -> Named:
    own = (f"{where}: {name}" for where, names in package.pollsters().items() for name in names)
    snmp = (f"central: {name} (SNMP)" for name in package.definitions.get("snmp_meters", ()))
    return _all((*own, *snmp))


def _units(package: Package) -> Named:
    return package.units


def _discoveries(package: Package) -> Named:
    return _points(package, lambda group: group.startswith(DISCOVERIES), DISCOVERIES)


def _publishers(package: Package) -> Named:
    return _points(package, lambda group: group in PUBLISHERS, "ceilometer.")


def _plugins(package: Package) -> Named:
    return _points(
        package,
        lambda group: (
            group not in {*PROGRAMS, *PUBLISHERS}
            and not group.startswith((DISCOVERIES, POLLSTERS, "oslo.config"))
        ),
        "ceilometer.",
    )


def _files(package: Package) -> Named:
    return {path: f"SHA-256 {digest[:12]}" for path, digest in package.files.items()}


def _defaults(package: Package) -> Named:
    return _all(
        f"{words}: {name}"
        for kind, words in DEFAULTS.items()
        for name in package.definitions.get(kind, ())
    )


def _messages(package: Package) -> Named:
    return _all(
        f"{words}: {name}"
        for kind, words in FIELDS.items()
        for name in getattr(package.messages, kind)
    )


def _exchanges(package: Package) -> Named:
    return _all(
        f"{words} {name}"
        for kind, words in EXCHANGES.items()
        for name in getattr(package.exchanges, kind)
    )


def _gnocchi(package: Package) -> Named:
    types = {f"type {name}": "" for name in package.gnocchi.types}
    attributes = {
        f"type {name}, attribute {key}": words
        for name, inner in package.gnocchi.types.items()
        for key, words in inner.items()
    }
    return {"oldest Gnocchi": package.gnocchi.requires or "any", **types, **attributes}


def _database(package: Package) -> Named:
    tables = {f"table {name}": ", ".join(columns) for name, columns in package.tables.items()}
    return {"last migration": str(package.schema) if package.schema else "none", **tables}


def _points(package: Package, wanted: Callable[[str], bool], prefix: str) -> Named:
    return _all(
        f"{group.removeprefix(prefix).strip('.') or 'any'}: {name}"
        for group, names in package.entry_points.items()
        if wanted(group)
        for name in names
    )


def _all(names: Iterable[str]) -> Named:
    return dict.fromkeys(names, "")


PARTS = (
    Part("python", _python),
    Part("programs", _programs),
    Part("pollsters", _pollsters),
    Part("units", _units, of_both=True),
    Part("discoveries", _discoveries),
    Part("publishers", _publishers),
    Part("plugins", _plugins),
    Part("messages", _messages),
    Part("exchanges", _exchanges),
    Part("gnocchi", _gnocchi),
    Part("database", _database),
    Part("defaults", _defaults),
    Part("files", _files),
    Part("requirements", _requirements),
)
