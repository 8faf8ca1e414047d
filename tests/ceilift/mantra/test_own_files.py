"""What the operator's own files use of the data models, and what that makes of a difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.finding import Severity
from ceilift.mantra import Judged, OwnFile, own_file, uses_of
from ceilift.mantra.own_files import weighed

RESOURCES = """\
resources:
  - resource_type: instance
    metrics: [cpu]
    attributes:
      host: resource_metadata.(instance_host|host)
      owner: user_name
      names:
        fields: [project_name, $.resource_id]
    event_delete: sahara.instance.delete.start
    event_attributes: {id: instance_id}
  - resource_type: image
"""
METERS = """\
metric:
  - {name: a, event_type: sahara.cluster.*}
  - {name: b, event_type: ["trove.instance.exists", "!image.*", "*"]}
"""
EVENTS = "- {event_type: [dns.domain.create]}\n- {event_type: compute.instance.*}\n"
PIPELINE = """\
sources: [{name: all, meters: ["*"], sinks: [out]}]
sinks: [{name: out, publishers: ["notifier://", "gnocchi://"]}]
"""


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        (
            RESOURCES,
            {
                "gnocchi.image",
                "gnocchi.instance",
                "gnocchi.instance.host",
                "gnocchi.instance.id",
                "gnocchi.instance.names",
                "gnocchi.instance.owner",
                "sample.project_name",
                "sample.resource_id",
                "sample.resource_metadata",
                "sample.user_name",
                "exchange.sahara",
            },
        ),
        (METERS, {"exchange.sahara", "exchange.trove"}),
        (EVENTS, {"exchange.compute", "exchange.dns"}),
        (PIPELINE, {"queue.metering.sample"}),
        (PIPELINE.replace("meters", "events"), {"queue.event.sample"}),
        (PIPELINE.replace("notifier://", "notifier://?topic=own"), set()),
        (PIPELINE.replace("notifier://", "udp://"), set()),
        ("not: [yaml", set()),
        ("resources: {a: 1}\nmetric: 7\nsinks: [1]\n", set()),
        ("", set()),
        ("metric: [{event_type: 2026-99-99}]", set()),
        ("[" * 5000, set()),
        ("metric: [{event_type: &loop {fields: *loop}}]", set()),
    ],
)
def test_each_kind_of_file_is_told_by_what_stands_in_it(text: str, uses: set[str]) -> None:
    assert uses_of(text) == tuple(sorted(uses))


@given(st.text())
def test_whatever_stands_in_a_file_it_is_read_to_its_end(text: str) -> None:
    assert own_file("x.yaml", text).name == "x.yaml"


def judged(subject: str, how: str, severity: Severity = Severity.WARNING) -> Judged:
    return Judged(f"{subject}.{how}", severity, "it differs", "nobody")


FILE = own_file("gnocchi_resources.yaml", RESOURCES)
STATEMENTS = own_file("purge.sql", "DELETE FROM sample WHERE Volume < 0")


@pytest.mark.parametrize(
    ("file", "one"),
    [
        (FILE, judged("sample.user_name", "gone")),
        (FILE, judged("gnocchi.instance.owner", "gone", Severity.BLOCKER)),
        (FILE, judged("gnocchi.instance.flavor", "demanded")),
        (FILE, judged("exchange.sahara", "gone")),
        (own_file("pipeline.yaml", PIPELINE), judged("queue.metering.sample", "gone")),
        (STATEMENTS, judged("sql.sample", "gone", Severity.BLOCKER)),
        (STATEMENTS, judged("sql.sample.volume", "gone", Severity.BLOCKER)),
    ],
)
def test_what_a_file_uses_is_an_error_and_the_file_is_named(file: OwnFile, one: Judged) -> None:
    (found,) = weighed([one], [OwnFile("other"), file])

    assert found.word == "error"
    assert file.name in found.who
    assert ("nobody" in found.who) is (one.severity is Severity.BLOCKER)


@pytest.mark.parametrize(
    ("file", "one"),
    [
        (FILE, judged("sample.publisher_id", "gone")),
        (FILE, judged("gnocchi.instance.host", "relaxed")),
        (FILE, judged("gnocchi.instance.host", "demanded")),
        (FILE, judged("gnocchi.volume.name", "demanded")),
        (FILE, judged("gnocchi.instance.host", "added", Severity.INFO)),
        (FILE, judged("sql.instance.host", "gone")),
        (STATEMENTS, judged("sql.meter", "gone")),
        (STATEMENTS, judged("sql.sample.user_id", "gone")),
        (STATEMENTS, judged("sample.volume", "gone")),
    ],
)
def test_what_no_file_uses_stays_as_it_was(file: OwnFile, one: Judged) -> None:
    assert list(weighed([one], [file])) == [one]
