"""Reads one wheel of Ceilometer. It is parsed: nothing of it is imported, installed or run."""

from __future__ import annotations

from ceilift.package import Package
from ceilift.wheel.archive import open_wheel
from ceilift.wheel.definitions import definitions, files
from ceilift.wheel.exchanges import exchanges
from ceilift.wheel.gnocchi import gnocchi
from ceilift.wheel.messages import messages
from ceilift.wheel.metadata import entry_points, metadata, python, requirements
from ceilift.wheel.options import options
from ceilift.wheel.source import Sources
from ceilift.wheel.tables import last_migration, tables
from ceilift.wheel.units import units


def read_package(name: str, data: bytes) -> Package:
    """The facts of a wheel, by its file name and bytes; the same bytes give the same facts.

    Raises:
        BadInputError: it is no wheel of Ceilometer, or holds something that is not known how to
            read; which file and line is said. Nothing is ever guessed or left out for that.
    """
    wheel = open_wheel(name, data)
    headers, sources = metadata(wheel), Sources(wheel)
    listed = options(sources)
    return Package(
        version=wheel.version,
        wheel=name,
        sha256=wheel.digest,
        python=python(headers),
        requires=requirements(wheel, headers),
        entry_points=entry_points(wheel),
        files=files(wheel),
        definitions=definitions(wheel),
        options=listed,
        messages=messages(sources),
        exchanges=exchanges(sources, listed),
        gnocchi=gnocchi(sources),
        tables=tables(sources),
        schema=last_migration(wheel),
        units=units(sources),
    )
