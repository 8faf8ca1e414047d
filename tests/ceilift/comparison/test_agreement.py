"""A wrong fact in the catalogue is seen as soon as the package is read."""

from __future__ import annotations

from typing import Any

import pytest

from ceilift.comparison.agreement import disagreements
from ceilift.packages import load_package
from ceilift.release import Release
from tests.clouds import catalogue


def changed(version: str, *path: str, value: object) -> Release:
    """A release with one fact changed."""
    data: dict[str, Any] = catalogue().get(version).model_dump()
    inner = data
    for name in path:
        inner = inner[name]
    inner["value"] = value
    return Release.model_validate(data)


@pytest.mark.parametrize(
    ("version", "path", "value", "words"),
    [
        ("9.0.7", ("scripts",), {"polling": "ceilometer-poll"}, "ceilometer-poll: the package has"),
        ("9.0.7", ("dbsync", "command"), ("ceilometer-dbsync",), "programs ceilometer-dbsync"),
        ("9.0.7", ("polling", "default_interval_s"), 600, "polling.yaml has 300 s"),
        ("9.0.7", ("dbsync", "sql"), False, "the package has tables"),
        ("27.0.0", ("dbsync", "sql"), True, "the package has no tables"),
        ("11.1.0", ("notification", "partitioning"), False, "the other way"),
        (
            "27.0.0",
            ("payload", "sends"),
            (),
            r"sent: the package has ['project_name', 'user_name']",
        ),
        ("27.0.0", ("payload", "requires"), ("user_name",), "required: the package has []"),
    ],
)
def test_a_wrong_fact_is_told(
    version: str, path: tuple[str, ...], value: object, words: str
) -> None:
    package = load_package(version)
    assert package is not None

    (told,) = disagreements(changed(version, *path, value=value), package)

    assert words in told
