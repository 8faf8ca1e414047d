"""Units of meters, wherever a release states them beside the name."""

from __future__ import annotations

import pytest

from ceilift.wheel.units import units
from tests.wheels import sources

POLLSTERS = "ceilometer/compute/pollsters.py"
CLASSES = """\
import shared
from ceilometer import shared

class Memory(Base):
    sample_name = 'memory.usage'
    sample_unit = shared.UNIT

class Base:
    sample_unit = ''
    sample_name = None

class Rates:
    def get(self):
        yield Sample(name='disk.rate', unit='B/s', volume=1)
        yield Sample(name='disk.rate', unit='B', volume=1)
        yield Sample(name=self.name, unit='B')
        yield Sample(name='computed', unit=make())
"""
SHARED = "UNIT = 'MiB'\n"
METERS = "metric: [{name: image.size, unit: B}, {name: $.payload.x, unit: B}, {name: bare}]"
SNMP = "metric: [{name: hardware.cpu.util, unit: '%'}]"


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    """The units of a release that states them in every way."""
    return units(
        sources(
            {
                POLLSTERS: CLASSES,
                "ceilometer/shared.py": SHARED,
                "ceilometer/data/meters.d/meters.yaml": METERS,
                "ceilometer/hardware/pollsters/data/snmp.yaml": SNMP,
                "ceilometer/tests/unit.py": "Sample(name='of.a.test', unit='x')",
            }
        )
    )


def test_of_classes_calls_and_files(found: dict[str, str]) -> None:
    assert found == {
        "disk.rate": "B or B/s",
        "hardware.cpu.util": "%",
        "image.size": "B",
        "memory.usage": "MiB",
    }


def test_a_release_that_states_none_has_none() -> None:
    assert units(sources()) == {}
