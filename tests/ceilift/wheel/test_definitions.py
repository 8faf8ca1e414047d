"""What the default files define, and their digests."""

from __future__ import annotations

import hashlib

import pytest

from ceilift.errors import BadInputError
from ceilift.wheel.definitions import definitions, files
from tests.wheels import DATA, FILES, wheel

PIPELINE = """\
sinks:
  - name: a
    publishers: [gnocchi://, notifier://]
    transformers:
      - {name: arithmetic}
      - {name: rate_of_change, parameters: {target: {name: cpu_util}}}
"""


def test_files_are_named_by_where_they_are_installed() -> None:
    found = files(wheel())

    assert list(found) == [
        "etc/ceilometer/polling.yaml",
        "ceilometer/pipeline/data/pipeline.yaml",
    ]
    text = FILES["ceilometer/pipeline/data/pipeline.yaml"]
    assert found["ceilometer/pipeline/data/pipeline.yaml"] == (
        hashlib.sha256(text.encode()).hexdigest()
    )


def test_what_is_polled_and_published_by_default() -> None:
    assert definitions(wheel()) == {
        "polled": ("cpu",),
        "polling_intervals_s": ("300",),
        "sample_publishers": ("gnocchi://",),
        "transformers": (),
    }


@pytest.mark.parametrize(
    ("path", "text", "kind", "expected"),
    [
        (
            f"{DATA}/etc/ceilometer/pipeline.yaml",
            PIPELINE,
            "transformers",
            ("arithmetic", "rate_of_change: cpu_util"),
        ),
        (
            "ceilometer/pipeline/data/event_pipeline.yaml",
            "sinks: [{publishers: ['notifier://']}]",
            "event_publishers",
            ("notifier://",),
        ),
        (
            "ceilometer/pipeline/data/event_definitions.yaml",
            "[{event_type: [b, a]}, {event_type: c.*}]",
            "events",
            ("a", "b", "c.*"),
        ),
        (
            "ceilometer/data/meters.d/meters.yaml",
            "metric: [{name: b}, {name: [a, b]}]",
            "notification_meters",
            ("a", "b"),
        ),
        (
            "ceilometer/publisher/data/gnocchi_resources.yaml",
            "resources: [{resource_type: image, metrics: {image.size: {}}}, {resource_type: x}]",
            "gnocchi_metrics",
            ("image: image.size",),
        ),
        (
            "ceilometer/hardware/pollsters/data/snmp.yaml",
            "metric: [{name: hardware.cpu.util}]",
            "snmp_meters",
            ("hardware.cpu.util",),
        ),
    ],
)
def test_each_kind_of_file(path: str, text: str, kind: str, expected: tuple[str, ...]) -> None:
    assert definitions(wheel({path: text}))[kind] == expected


def test_a_file_that_is_no_yaml_is_named() -> None:
    with pytest.raises(BadInputError, match=r"pipeline\.yaml: it is no YAML"):
        definitions(wheel({"ceilometer/pipeline/data/pipeline.yaml": "a: [b"}))
