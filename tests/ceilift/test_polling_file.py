"""Polling files as Ceilometer reads them, and what it would not start with."""

from __future__ import annotations

import pytest

from ceilift.polling_file import read_polling_file
from ceilift.pollsters import PollingFile, PollingSource


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "sources: "),
        ("- {name: a}", "sources: "),
        ("sources:", "sources: "),
        ("sources: {}", "sources: "),
        ("sources: [hunter2]", "sources[0]: "),
        ("sources: [{meters: [a], interval: 1}]", "sources[0].name: "),
        ("sources: [{name: [a], meters: [a], interval: 1}]", "sources[0].name: "),
        ("sources: [{name: a, interval: 1}]", "sources[0].meters: "),
        ("sources: [{name: a, meters: [], interval: 1}]", "sources[0].meters: "),
        ("sources: [{name: a, meters: 3, interval: 1}]", "sources[0].meters: "),
        ("sources: [{name: a, meters: [a, ''], interval: 1}]", "sources[0].meters[1]: "),
        ("sources: [{name: a, meters: [a, 3], interval: 1}]", "sources[0].meters[1]: "),
        ("sources: [{name: a, meters: [a, '!b'], interval: 1}]", "sources[0].meters: "),
        ("sources: [{name: a, meters: [a, '*'], interval: 1}]", "sources[0].meters: "),
        ("sources: [{name: a, meters: [a]}]", "sources[0].interval: "),
        ("sources: [{name: a, meters: [a], interval: }]", "sources[0].interval: "),
        ("sources: [{name: a, meters: [a], interval: hunter2}]", "sources[0].interval: "),
        ("sources: [{name: a, meters: [a], interval: .inf}]", "sources[0].interval: "),
        ("sources: [{name: a, meters: [a], interval: 0.9}]", "sources[0].interval: "),
        (
            "sources: [{name: a, meters: [a], interval: 1, resources: hunter2}]",
            "sources[0].resources: ",
        ),
        (
            "sources: [{name: a, meters: [a], interval: 1, resources: [{p: hunter2}]}]",
            "sources[0].resources[0]: ",
        ),
        (
            "sources: [{name: a, meters: [a], interval: 1}, {name: b}]",
            "sources[1].meters: ",
        ),
        (
            "sources: [{name: a, meters: [a], interval: 1, discovery: {hunter2: b}}]",
            "sources[0].discovery: ",
        ),
        ("sources: [\n  hunter2: {\n", "line 3: "),
        ("sources: \x01", ""),
        ("sources: [{name: a, interval: 2001-99-99}]", ""),
    ],
)
def test_what_an_agent_would_not_start_with_is_told_by_its_place_alone(
    text: str, place: str
) -> None:
    found = read_polling_file(text)

    assert found.sources == ()
    assert found.fault.startswith(place)
    assert found.fault
    assert "hunter2" not in found.fault


def test_a_file_is_read_as_ceilometer_reads_it() -> None:
    found = read_polling_file(
        """
        sources:
          - name: 7
            interval: "30"
            meters: ["*.rate", "!x"]
            resources: [snmp://a, 5]
            discovery:
            group_id_coordination_expression: "__import__('os').abort()"
            sinks: [cpu_sink]
          - {name: two, interval: 10.9, meters: cpu}
        sinks: []
        """
    )

    assert found.sources == (
        PollingSource(
            name="7",
            interval_s=30.0,
            meters=("*.rate", "!x"),
            resources=("snmp://a", "5"),
            group_expression="__import__('os').abort()",
        ),
        PollingSource("two", 10.0, ("c", "p", "u")),
    )
    assert found.fault == ""


def test_no_source_at_all_is_no_fault() -> None:
    assert read_polling_file("sources: []") == PollingFile()
