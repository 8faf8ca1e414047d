"""Traps of a boundary between releases: told where it is crossed, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.hazards.crossings import TOLD
from ceilift.packages import load_package
from ceilift.pipeline import read_pipelines
from ceilift.plan_files import FileKind, NewFile
from ceilift.pollsters import PollingSource
from ceilift.state import Instance
from tests.clouds import catalogue
from tests.crossing import going
from tests.troubled import BLOCKER, INFO, WARNING, Cloud, modern

DERIVED = """
sources: [{name: meters, meters: ["*"], sinks: [rates]}]
sinks:
  - name: rates
    transformers: [{name: rate_of_change, parameters: {}}]
    publishers: [notifier://]
"""
PLAIN = "sources: [{name: m, meters: ['*'], sinks: [s]}]\nsinks: [{name: s, publishers: [a://]}]\n"


def ids(cloud: Cloud) -> set[str]:
    return {finding.id for finding in cloud.planned().findings}


@pytest.mark.parametrize("trap", TOLD, ids=lambda trap: trap.id)
def test_a_boundary_is_told_where_it_is_crossed_and_nowhere_else(trap: object) -> None:
    known = {one.id: one for one in TOLD}
    crossing = known[getattr(trap, "id", "")]
    versions = [v for v in catalogue().releases if int(v.split(".")[0]) >= 14]
    before = [v for v in versions if int(v.split(".")[0]) < crossing.series]
    behind = [v for v in versions if int(v.split(".")[0]) >= crossing.series]

    (found,) = going(before[-1], behind[0]).found(crossing.id)

    assert found.severity is WARNING
    assert crossing.id in ids(going("14.1.0", "27.0.0"))
    assert crossing.id not in ids(going(before[0], before[-1]))
    if len(behind) > 1:
        assert crossing.id not in ids(going(behind[0], behind[-1]))


def test_the_packages_say_so_too() -> None:
    """What the rules tell of options and units is what the published packages hold."""
    old, new = load_package("26.0.0"), load_package("27.0.0")
    assert old is not None
    assert new is not None
    extra = "[compute] fetch_extra_metadata"
    assert [o.default for p in (old, new) for o in p.options if o.path == extra] == [
        "true",
        "false",
    ]
    secrets = [
        o.aliases for p in (old, new) for o in p.options if o.path == "[publisher] telemetry_secret"
    ]
    assert "[DEFAULT] metering_secret" in secrets[0]
    assert secrets[1] == ()
    batch = [load_package("17.0.2"), load_package("18.0.0")]
    sizes = [
        o.default for p in batch if p for o in p.options if o.path == "[notification] batch_size"
    ]
    assert sizes == ["100", "1"]
    units = [load_package("25.0.0"), load_package("26.0.0")]
    assert [p.units["memory.usage"] for p in units if p] == ["MB", "MiB"]


def test_without_a_polling_file_agents_of_10_end_at_once() -> None:
    cloud = going("9.0.7", "10.0.1").polling(polling_file="")
    given = NewFile(FileKind.POLLING, "/new.yaml", "d")

    (found,) = cloud.found("T12")

    assert (found.severity, found.where) == (BLOCKER, "ctl1, ctl2")
    assert going("9.0.7", "10.0.1").found("T12") == []
    assert going("8.1.5", "9.0.7").polling(polling_file="").found("T12") == []
    assert cloud.asked(to="10.0.1", files=(given,)).found("T12") == []


def test_a_text_that_agents_evaluate_is_told_and_not_evaluated() -> None:
    source = PollingSource("s", 300.0, ("cpu",), group_expression="__import__('os')._exit(1)")

    def polled(old: str, new: str) -> Cloud:
        return going(old, new).polling(polling_sources=(source,))

    (crossed,) = polled("24.0.2", "25.0.0").found("T23")
    (known,) = polled("26.0.0", "27.0.0").found("T23")

    assert (crossed.severity, crossed.where) == (WARNING, "ctl1, ctl2")
    assert known.severity is INFO
    assert polled("23.0.2", "24.0.2").found("T23") == []
    plain = (replace(source, group_expression=""),)
    assert going("24.0.2", "25.0.0").polling(polling_sources=plain).found("T23") == []


def piped(cloud: Cloud, text: str) -> Cloud:
    pipes = read_pipelines(text, "sources: []\nsinks: []\n")

    def change(one: Instance) -> Instance:
        if one.component != "notification":
            return one
        return replace(one, config=replace(one.config, pipelines=pipes))

    return cloud.agents(change)


def test_transformers_are_named_where_they_go() -> None:
    (found,) = piped(going("11.1.0", "12.1.1"), DERIVED).found("T21")

    assert "meters:rates" in found.what
    assert piped(going("11.1.0", "12.1.1"), PLAIN).found("T21") == []
    assert piped(going("10.0.1", "11.1.0"), DERIVED).found("T21") == []


def test_gnocchi_has_to_have_the_types_first() -> None:
    (found,) = modern().found("T13")

    assert "--retry" in found.remedy
    assert going("16.0.1", "17.0.2", store="other").found("T13") == []


def test_an_older_type_of_load_balancers_is_told() -> None:
    assert going("18.1.0", "26.0.0").found("T15")
    assert going("19.0.0", "26.0.0").found("T15") == []
    assert going("18.1.0", "25.0.0").found("T15") == []
