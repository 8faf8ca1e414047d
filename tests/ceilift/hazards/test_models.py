"""Data models that do not only add, in an upgrade of a cloud that uses them."""

from __future__ import annotations

import pytest

from ceilift.finding import Severity
from tests.clouds import Field
from tests.crossing import going
from tests.troubled import Cloud


def told(cloud: Cloud) -> list[tuple[Severity, str]]:
    return [(one.severity, one.where) for one in cloud.found("mantra")]


def rolled(old: str, new: str, **asked: Field) -> Cloud:
    return going(old, new).asked(to=new, path="partial", **asked)


def test_a_field_that_old_agents_miss_while_new_ones_send_without_it() -> None:
    assert told(rolled("18.1.0", "19.0.0")) == [
        (Severity.BLOCKER, "sample.project_name.missing"),
        (Severity.BLOCKER, "sample.user_name.missing"),
    ]


def test_it_may_be_accepted() -> None:
    cloud = rolled("18.1.0", "19.0.0", accept={"mantra": "no samples in that hour"})

    assert {severity for severity, _ in told(cloud)} == {Severity.WARNING}


def test_where_all_are_stopped_nobody_old_reads_it() -> None:
    assert {severity for severity, _ in told(going("18.1.0", "19.0.0"))} == {Severity.WARNING}


def test_attributes_of_gnocchi_concern_a_cloud_that_has_it() -> None:
    assert [where for _, where in told(going("24.0.2", "25.0.0"))] == [
        "gnocchi.instance.host.relaxed"
    ]
    assert told(going("24.0.2", "25.0.0", store="other")) == []


@pytest.mark.parametrize(("old", "new"), [("9.0.7", "10.0.1"), ("17.0.2", "18.1.0")])
def test_additions_and_what_t1_tells_are_not_told_here(old: str, new: str) -> None:
    assert told(rolled(old, new)) == []
