"""Pipelines: what means the same is equal, every change is seen, and no secret is kept."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ceilift.pipeline import (
    Pipe,
    Pipelines,
    differences,
    only_pipes,
    queues,
    queues_of,
    read_pipelines,
    same,
    vanishing,
)

Data = dict[str, Any]
ONE, OTHER = "d1", "d2"  # digests of telemetry secrets

SAMPLES = """
sources:
  - name: meters
    meters: ["*"]
    sinks: [meters]
  - name: cpu
    meters: [cpu, "cpu.delta"]
    sinks: [rate, meters]
sinks:
  - {name: meters, transformers: , publishers: [notifier://]}
  - name: rate
    transformers:
      - {name: unit_conversion, parameters: {target: {unit: K, scale: v}}}
      - {name: rate_of_change, parameters: {target: {name: cpu_util, max: 100}}}
    publishers: [notifier, "udp://192.0.2.1:4952"]
"""
EVENTS = """
sources: [{name: event, events: ["!image.*"], sinks: [event]}]
sinks: [{name: event, publishers: [notifier://]}]
"""


SCALING = '{"name": "unit_conversion", "parameters": {"target": {"scale": "v", "unit": "K"}}}'
RATE = '{"name": "rate_of_change", "parameters": {"target": {"max": 100, "name": "cpu_util"}}}'


def read(samples: str = SAMPLES, events: str = EVENTS, count: int = 10) -> Pipelines:
    return read_pipelines(samples, events, processing_queues=count, secret_digest=ONE)


def names(found: Pipelines) -> list[str]:
    return [pipe.name for pipe in found.pipes]


def test_pipes_are_named_as_ceilometer_names_them() -> None:
    assert names(read()) == ["event:event", "cpu:meters", "cpu:rate", "meters"]


def test_what_a_pipe_is() -> None:
    found = read()

    assert found.pipes[2] == Pipe(
        "sample",
        "cpu",
        "rate",
        ("cpu", "cpu.delta"),
        (SCALING, RATE),
        ("notifier://", "udp://192.0.2.1:4952"),
    )
    assert (found.fault, found.origin, found.processing_queues) == ("", "file", 10)


words = st.text("abc.", min_size=1, max_size=4)
scalars = st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from([0.5, 2.25]) | words
parameters = st.dictionaries(
    words, scalars | st.dictionaries(words, scalars, max_size=2), max_size=2
)
transformers = st.lists(
    st.fixed_dictionaries({"name": words, "parameters": parameters}), max_size=2
)
publishers = st.lists(
    words.map(lambda word: f"{word[:1].strip('.')}x://{word}"), min_size=1, max_size=2
)
patterns = st.lists(words, min_size=1, max_size=3) | st.just(["*"]) | st.just(["!cpu", "*"])


@st.composite
def files(draw: st.DrawFn) -> Data:
    """A pipeline.yaml that Ceilometer loads."""
    named = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    sinks = [
        {"name": name, "transformers": draw(transformers), "publishers": draw(publishers)}
        for name in named
    ]
    bound = st.lists(st.sampled_from(named), min_size=1, unique=True)
    sources = [
        {"name": f"{name}-source", "meters": draw(patterns), "sinks": draw(bound)}
        for name in draw(st.lists(words, min_size=1, max_size=3, unique=True))
    ]
    return {"sources": sources, "sinks": sinks}


@st.composite
def rewritten(draw: st.DrawFn, data: Data) -> str:
    """The same file, with everything in another order that may be, in a style of YAML."""
    sources = [
        {
            **source,
            "meters": draw(st.permutations(source["meters"])),
            "sinks": draw(st.permutations(source["sinks"])),
        }
        for source in data["sources"]
    ]
    other = {
        "sinks": draw(st.permutations(data["sinks"])),
        "sources": draw(st.permutations(sources)),
    }
    shuffled = _keys_turned(other) if draw(st.booleans()) else other
    if draw(st.booleans()):
        return json.dumps(shuffled)
    return yaml.safe_dump(
        shuffled,
        default_flow_style=draw(st.sampled_from([True, False, None])),
        default_style=draw(st.sampled_from([None, '"'])) if draw(st.booleans()) else None,
        sort_keys=draw(st.booleans()),
    )


def _keys_turned(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    if isinstance(value, dict):
        return {key: _keys_turned(value[key]) for key in reversed(value)}
    return [_keys_turned(item) for item in value] if isinstance(value, list) else value


@given(st.data())
def test_order_keys_and_style_of_yaml_do_not_matter(data: st.DataObject) -> None:
    file = data.draw(files())
    one = read(yaml.safe_dump(file))
    other = read(data.draw(rewritten(file)))

    assert one.fault == ""
    assert one.pipes == other.pipes
    assert same(one, other)


@given(st.data())
def test_any_change_is_seen(data: st.DataObject) -> None:
    file = data.draw(files())
    changed = deepcopy(file)
    source = data.draw(st.sampled_from(changed["sources"]))
    sink = next(one for one in changed["sinks"] if one["name"] == source["sinks"][0])
    added = {"name": "added", "parameters": {}}
    data.draw(
        st.sampled_from(
            [
                lambda: source.update(name="renamed"),
                lambda: source.update(meters=["new.meter"]),
                source["sinks"].pop,
                lambda: sink["transformers"].append(added),
                lambda: sink["transformers"].insert(0, added),
                lambda: sink["publishers"].append("added://"),
                lambda: sink["publishers"].append(sink["publishers"][0]),
                lambda: sink.update(publishers=["other://"]),
            ]
        )
    )()

    one, other = read(yaml.safe_dump(file)), read(yaml.safe_dump(changed))

    assert not same(one, other)
    assert differences(one, other)


@given(transformers)
def test_the_order_of_transformers_matters(items: list[Data]) -> None:
    turned = read(one_sink(transformers=items[::-1]))
    plain = [json.dumps(item, sort_keys=True) for item in items]

    assert same(read(one_sink(transformers=items)), turned) == (plain == plain[::-1])


def one_sink(**changes: object) -> str:
    return yaml.safe_dump(
        {
            "sources": [{"name": "s", "meters": ["*"], "sinks": ["s"]}],
            "sinks": [{"name": "s", "publishers": ["notifier://"], **changes}],
        }
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", '"1"'), ("1", "1.0"), ("true", "1"), ("null", '""'), ("2026-01-01", "2026-01-02")],
)
def test_values_that_only_look_alike_differ(one: str, other: str) -> None:
    text = one_sink(transformers=[{"name": "t", "parameters": {"p": "HERE"}}])

    assert not same(read(text.replace("HERE", one)), read(text.replace("HERE", other)))


SECRET = st.text(st.characters(exclude_categories=["Cs"]), min_size=6)
PLACES = [
    "rabbit://user:{}@host:5672/vhost?policy=drop",
    "rabbit://user:{}@one:5672,user:{}@two:5672/",
    "https://{}@host/",
    "https://host/?token={}",
    "https://host/?max_retries=3&{}",
    "https://host/#{}",
    "kafka://host?topic=t&password={}",
]


@given(SECRET, st.sampled_from(PLACES))
def test_no_secret_survives_and_its_change_is_seen(middle: str, place: str) -> None:
    secret = f"<{middle.replace('&', '+').replace('=', '-')}>"
    found = read(one_sink(publishers=[place.replace("{}", secret)]))
    other = read(one_sink(publishers=[place.replace("{}", f"{secret}x")]))

    assert found.fault == ""
    assert secret not in repr(found)
    assert secret not in found.pipes[1].publishers[0]
    assert not same(found, other)


def test_letters_of_a_publisher_that_is_no_list_are_not_kept() -> None:
    found = read(one_sink(publishers="https://u:hunter2@host"))

    assert found.fault == ""
    assert "u" not in found.pipes[1].publishers


def test_a_credential_in_a_transformer_is_not_kept() -> None:
    given_ = [{"name": "t", "parameters": {"url": "https://u:hunter2@host/"}}]

    assert "hunter2" not in repr(read(one_sink(transformers=given_)))


def test_what_an_operator_is_told() -> None:
    new = SAMPLES.replace("cpu, ", "cpu, cpu.steal, ").replace("udp://192.0.2.1:4952", "file:///x")
    new = new.replace("K, scale", "M, scale").replace("name: meters", "name: all")
    new = new.replace("[meters]", "[all]").replace(", meters]", ", all]")
    changed = differences(read(), replace(read(new, count=5), secret_digest=OTHER))

    scaled = SCALING.replace("K", "M")

    assert changed == (
        "pipe meters renamed to all",
        "pipe cpu:meters removed",
        "pipe cpu:all added",
        "pipe cpu:rate: meters changed (cpu.steal added)",
        f"pipe cpu:rate: transformers changed ({scaled} added; {SCALING} removed)",
        "pipe cpu:rate: publishers changed (file:///x added; udp://192.0.2.1:4952 removed)",
        "pipeline_processing_queues changed from 10 to 5",
        "telemetry_secret differs: each side drops what the other signed",
    )


def test_a_renamed_sink_is_a_renamed_pipe() -> None:
    renamed = SAMPLES.replace("name: rate\n", "name: rates\n").replace("[rate,", "[rates,")

    assert differences(read(), read(renamed)) == ("pipe cpu:rate renamed to cpu:rates",)


def test_one_name_of_other_parts_and_another_order_are_told() -> None:
    one = Pipe("sample", "a:b", "c", ("*",), (), ("x://", "y://"))
    other = Pipe("sample", "a", "b:c", ("*",), (), ("y://", "x://"))

    assert differences(Pipelines((one,)), Pipelines((other,))) == (
        "pipe a:b:c: the same name is made of another source and sink",
        "pipe a:b:c: publishers changed (in another order or number)",
    )


def test_what_cannot_be_loaded_is_the_same_as_nothing() -> None:
    broken = read("]")

    assert not same(broken, broken)
    assert differences(read(), broken)[-1].startswith("faults: none before, pipeline.yaml:")


def test_the_queues_of_5_to_9_are_those_of_each_pipe() -> None:
    found = queues(read(count=2), "ceilometer-pipe")

    assert found == {
        f"ceilometer-pipe-{pipe}-{n}.sample"
        for pipe in ("meters", "cpu:meters", "cpu:rate", "event:event")
        for n in (0, 1)
    }


def test_the_queues_of_10_and_11_are_those_of_each_kind() -> None:
    assert queues(read(count=1), "ceilometer_ipc") == {
        "ceilometer_ipc-sample-0.sample",
        "ceilometer_ipc-event-0.sample",
    }


def test_queues_vanish_with_a_pipe_and_with_a_lower_number() -> None:
    renamed = SAMPLES.replace("name: rate\n", "name: rates\n").replace("[rate,", "[rates,")
    prefix = "ceilometer-pipe"

    assert vanishing(read(count=1), read(renamed, count=1), prefix) == {
        "ceilometer-pipe-cpu:rate-0.sample"
    }
    assert len(vanishing(read(count=3), read(count=2), prefix)) == 4
    assert vanishing(read(count=2), read(count=3), prefix) == frozenset()


SOURCE = "{name: s, meters: [cpu], sinks: [k]}"
SINK = "{name: k, publishers: [notifier://]}"


def file_of(source: str = SOURCE, sink: str = SINK) -> str:
    return f"sources: [{source}]\nsinks: [{sink}]\n"


FAULTS = [
    ("", "is missing or empty"),
    ("# only hunter2\n", "has not both sources and sinks"),
    ("- hunter2", "has not both sources and sinks"),
    ("sources: []", "has not both sources and sinks"),
    ("a: [hunter2\nb: c", "is not valid YAML in line 2"),
    ("a: !!int hunter2", "is not valid YAML"),
    ("sources:\nsinks:", "sources: is no list"),
    (file_of("hunter2"), "source 1: is no mapping"),
    (file_of("{name: [s], meters: [cpu], sinks: [k]}"), "source 1: the name is no text"),
    (file_of("{meters: [cpu], sinks: [k]}"), "source 1: name is missing"),
    (file_of(f"{SOURCE}, {SOURCE}"), "source 2: has the name of another source"),
    (file_of("{name: s, meters: [cpu]}"), "source 1: sinks is missing"),
    (file_of("{name: s, sinks: [k]}"), "source 1: meters is missing"),
    (file_of("{name: s, meters: [], sinks: [k]}"), "source 1: meters: is empty"),
    (file_of("{name: s, meters: [1], sinks: [k]}"), "source 1: meters: an entry is no text"),
    (file_of("{name: s, meters: [[a]], sinks: [k]}"), "source 1: meters: an entry is no text"),
    (file_of('{name: s, meters: [a, "!b"], sinks: [k]}'), "both included and excluded"),
    (file_of('{name: s, meters: [a, "*"], sinks: [k]}'), "included beside the wildcard"),
    (file_of("{name: s, meters: [a], sinks: }"), "source 1: has no sinks"),
    (file_of("{name: s, meters: [a], sinks: [x]}"), "source 1: a sink of it is not there"),
    (file_of("{name: s, meters: [a], sinks: [[k]]}"), "source 1: a sink of it is not there"),
    (file_of("{name: s, meters: [a], sinks: [k, k]}"), "source 1: a second pipe of the same name"),
    (file_of("{name: 1, meters: [a], sinks: [1]}", "{name: 1, publishers: [x]}"), "no text"),
    (file_of(sink="{publishers: [x]}"), "sink 1: name is missing"),
    (file_of(sink="{name: k}"), "sink 1: has no publishers"),
    (file_of(sink="{name: k, publishers: [1]}"), "sink 1: publishers: an entry is no text"),
    (file_of(sink=f"{SINK}, {SINK}"), "sink 2: has the name of another sink"),
    (file_of(sink="{name: k, publishers: [x], transformers: [hunter2]}"), "is no mapping"),
    (
        file_of(sink="{name: k, publishers: [x], transformers: [{name: a}]}"),
        "sink 1: transformer 1: parameters is missing",
    ),
    (
        file_of(sink="{name: k, publishers: [x], transformers: [{parameters: }]}"),
        "sink 1: transformer 1: name is missing",
    ),
    (
        file_of(sink="{name: k, publishers: [x], transformers: [{name: [], parameters: }]}"),
        "sink 1: transformer 1: the name is no text",
    ),
    (
        file_of(sink="{name: k, publishers: [x], transformers: [{name: a, parameters: [b]}]}"),
        "sink 1: transformer 1: parameters is no mapping of names",
    ),
    (f"sources: {'[' * 5000}{']' * 5000}\nsinks: []", "is nested too deeply"),
]


@pytest.mark.parametrize(("text", "why"), FAULTS)
def test_a_file_that_ceilometer_would_not_load(text: str, why: str) -> None:
    found = read(text)

    assert found.fault.startswith("pipeline.yaml: ")
    assert why in found.fault
    assert "hunter2" not in repr(found)
    assert names(found) == ["event:event"]


def test_both_files_are_judged() -> None:
    found = read("", "sources: []\n")

    assert found.fault == (
        "pipeline.yaml: is missing or empty; event_pipeline.yaml: has not both sources and sinks"
    )
    assert found.pipes == ()


def test_a_file_held_to_some_pipes_has_these_and_no_other() -> None:
    held = only_pipes("sample", SAMPLES, {"cpu:rate"})

    found = read_pipelines(held, EVENTS)
    assert [pipe.name for pipe in found.pipes if pipe.kind == "sample"] == ["cpu:rate"]
    whole = {pipe.name: pipe for pipe in read().pipes}
    assert found.pipes[-1] == whole["cpu:rate"]
    assert only_pipes("event", EVENTS, {"event"}) == only_pipes("event", "", {"event:event"})
    assert names(read_pipelines(SAMPLES, only_pipes("event", EVENTS, {"event:event"}))) == names(
        read()
    )


@given(st.sets(st.sampled_from(["meters", "cpu:rate", "cpu:meters", "event:event", "none"])))
def test_what_is_left_of_a_file_is_what_was_asked_for(wanted: set[str]) -> None:
    held = only_pipes("sample", SAMPLES, wanted)

    left = {pipe.name for pipe in read_pipelines(held, EVENTS).pipes if pipe.kind == "sample"}
    if not wanted & {"meters", "cpu:rate", "cpu:meters"}:
        assert yaml.safe_load(held) == {"sources": [], "sinks": []}
    else:
        assert left == wanted & {"meters", "cpu:rate", "cpu:meters"}


def test_queues_are_named_after_pipes_and_counted() -> None:
    assert queues_of(["a:b"], 2, "ceilometer-pipe") == {
        "ceilometer-pipe-a:b-0.sample",
        "ceilometer-pipe-a:b-1.sample",
    }
    assert queues(read(), "p") == queues_of(names(read()), 10, "p")
