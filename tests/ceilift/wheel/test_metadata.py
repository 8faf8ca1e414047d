"""Pythons, requirements and entry points, as different years wrote them."""

from __future__ import annotations

import pytest

from ceilift.errors import BadInputError
from tests.wheels import INFO, METADATA, package

CLASSIFIERS = """\
Name: ceilometer
Classifier: Programming Language :: Python
Classifier: Programming Language :: Python :: 2
Classifier: Programming Language :: Python :: 2.7
Classifier: Programming Language :: Python :: 3.5
Requires-Dist: six (>=1.9.0)
Requires-Dist: six (>=1.9.0)
"""


def test_the_pythons_are_those_it_requires() -> None:
    assert package().python == ">=3.12"


def test_an_old_release_names_its_pythons_in_classifiers() -> None:
    old = package({f"{INFO}/METADATA": CLASSIFIERS})

    assert old.python == "2.7, 3.5"
    assert old.requires == ("six>=1.9.0",)


def test_requirements_are_written_in_one_way() -> None:
    assert package().requires == ("PyYAML>=5.1", "tooz[zake]>=1.47.0")


def test_a_requirement_that_nobody_can_read_is_named() -> None:
    with pytest.raises(BadInputError, match=r"METADATA: Requires-Dist '>>x' cannot be read"):
        package({f"{INFO}/METADATA": f"{METADATA}Requires-Dist: >>x\n"})


def test_entry_points_are_sorted_and_those_of_tests_left_out() -> None:
    assert package().entry_points == {
        "ceilometer.poll.compute": ("cpu", "memory.usage"),
        "console_scripts": ("ceilometer-polling",),
    }
    assert package().pollsters() == {"compute": ("cpu", "memory.usage")}


def test_entry_points_that_cannot_be_read_are_named() -> None:
    with pytest.raises(BadInputError, match=r"entry_points\.txt: it cannot be read"):
        package({f"{INFO}/entry_points.txt": "no section = here"})
