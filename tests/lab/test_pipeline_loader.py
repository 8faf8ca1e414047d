"""Reading pipelines agrees with the loader of every real release that is installed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ceilift.pipeline import read_pipelines
from ceilift.probe.loader import check_pipeline, load_pipelines
from lab.clouds import DEFAULT_RELEASES, NEW_RELEASE
from tests.local_shell import LocalShell

pytestmark = pytest.mark.lab

EVENTS = (
    "sources: [{name: event, events: ['*'], sinks: [event]}]\n"
    "sinks: [{name: event, publishers: ['notifier://']}]\n"
)
SINK = "{name: k, publishers: ['notifier://']}"
RATE = "{name: rate_of_change, parameters: {target: {name: cpu_util, max: 100}}}"
BROKEN = "{name: arithmetic, parameters: {target: cpu}}"
TWO = "{name: s, meters: [cpu, 'disk.*'], sinks: [k]}, {name: k, meters: ['!cpu', '*'], sinks: [k]}"


def file_of(source: str = "{name: s, meters: [cpu], sinks: [k]}", sink: str = SINK) -> str:
    return f"sources: [{source}]\nsinks: [{sink}]\n"


FILES = {
    "plain": file_of(),
    "two sources, one of them named as its sink": file_of(TWO),
    "two sinks": file_of(
        "{name: s, meters: ['*'], sinks: [k, l]}", f"{SINK}, {{name: l, publishers: [notifier]}}"
    ),
    "a transformer": file_of(sink=f"{{name: k, publishers: [notifier], transformers: [{RATE}]}}"),
    "names that are numbers": file_of(
        "{name: 1, meters: [cpu], sinks: [2]}", "{name: 2, publishers: [notifier]}"
    ),
    "no sources at all": "sources: []\nsinks: []\n",
    "meters that are one text": file_of("{name: s, meters: cpu, sinks: [k]}"),
    "empty": "",
    "not YAML": "sources: [\nsinks: }",
    "a list": "- sources\n- sinks\n",
    "no sinks": "sources: []\n",
    "null sources": "sources:\nsinks: []\n",
    "a source without a name": file_of("{meters: [cpu], sinks: [k]}"),
    "a source without meters": file_of("{name: s, sinks: [k]}"),
    "no meters": file_of("{name: s, meters: [], sinks: [k]}"),
    "an empty meter": file_of("{name: s, meters: [''], sinks: [k]}"),
    "both included and excluded": file_of("{name: s, meters: [a, '!b'], sinks: [k]}"),
    "included beside the wildcard": file_of("{name: s, meters: [a, '*'], sinks: [k]}"),
    "a wildcard prefix beside the wildcard": file_of("{name: s, meters: ['*a', '*'], sinks: [k]}"),
    "two sources of a name": file_of(f"{TWO}, {TWO}"),
    "two sinks of a name": file_of(sink=f"{SINK}, {SINK}"),
    "a sink that is not there": file_of("{name: s, meters: [cpu], sinks: [x]}"),
    "a source without sinks": file_of("{name: s, meters: [cpu], sinks: []}"),
    "a sink named twice": file_of("{name: s, meters: [cpu], sinks: [k, k]}"),
    "a sink without publishers": file_of(sink="{name: k}"),
    "a publisher that is a number": file_of(sink="{name: k, publishers: [1]}"),
    "a number that is source and sink": file_of(
        "{name: 1, meters: [a], sinks: [1]}", "{name: 1, publishers: [notifier]}"
    ),
}
ONLY_WITH_TRANSFORMERS = {
    "no parameters": file_of(
        sink="{name: k, publishers: [notifier], transformers: [{name: delta}]}"
    ),
    "a text": file_of(sink="{name: k, publishers: [notifier], transformers: [delta]}"),
    "a list": file_of(
        sink="{name: k, publishers: [notifier], transformers: [{name: delta, parameters: [a]}]}"
    ),
}
# What only the release itself can tell.
ASKED = {
    "a transformer of nobody": file_of(
        sink="{name: k, publishers: [notifier], transformers: [{name: x, parameters: }]}"
    ),
    "parameters that do not fit": file_of(
        sink=f"{{name: k, publishers: [notifier], transformers: [{BROKEN}]}}"
    ),
}


@pytest.fixture(params=DEFAULT_RELEASES)
def folder(request: pytest.FixtureRequest, releases: Mapping[str, Path]) -> Path:
    """Where a release of the classic cloud is installed."""
    return releases[request.param]


@pytest.fixture
def config(tmp_path: Path) -> str:
    place = tmp_path / "ceilometer.conf"
    place.write_text("[DEFAULT]\nhost = ctl1\n")
    return str(place)


@pytest.mark.parametrize("folder", [NEW_RELEASE], indirect=True)  # a start of Python for each
@pytest.mark.parametrize("name", FILES)
def test_names_and_faults_are_those_of_the_real_loader(
    folder: Path, name: str, config: str
) -> None:
    agrees(folder, FILES[name], config)


@pytest.mark.parametrize("name", ONLY_WITH_TRANSFORMERS)
def test_transformers_are_judged_as_releases_that_have_them_do(
    folder: Path, name: str, config: str
) -> None:
    agrees(folder, ONLY_WITH_TRANSFORMERS[name], config)


def agrees(folder: Path, text: str, config: str) -> None:
    ours = read_pipelines(text, EVENTS)
    real = load_pipelines(LocalShell(), str(folder), config, (text, EVENTS), 60.0)

    assert bool(ours.fault) == bool(real.fault), (ours.fault, real.fault)
    if not real.fault:
        assert sorted(pipe.name for pipe in ours.pipes) == list(real.names)


@pytest.mark.parametrize("name", ASKED)
def test_what_only_the_release_can_tell_is_told_by_its_loader(
    folder: Path, name: str, config: str
) -> None:
    assert read_pipelines(ASKED[name], EVENTS).fault == ""

    found = check_pipeline(LocalShell(), str(folder), config, ASKED[name], EVENTS, 60.0)

    assert found


def test_a_publisher_that_the_release_lacks_is_told(folder: Path, config: str) -> None:
    text = file_of(sink="{name: k, publishers: ['nowhere://me:hunter2@host']}")

    found = check_pipeline(LocalShell(), str(folder), config, text, EVENTS, 60.0)

    assert found == "pipeline.yaml: this release has no publisher nowhere"
