"""What the default files define: meters, events, metrics and publishers a release ships with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from ceilift.wheel.archive import Wheel

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FILES = (".yaml", ".json", ".ini", ".conf", ".filters")
SHARED = ".data/data/"  # what a wheel installs below the environment itself


def files(wheel: Wheel) -> dict[str, str]:
    """SHA-256 of each configuration and definition file, by the path it is installed under."""
    return {
        installed(path): hashlib.sha256(wheel.data(path)).hexdigest()
        for path in wheel.paths()
        if path.endswith(FILES) and ".dist-info/" not in path
    }


def installed(path: str) -> str:
    """Where a file of the wheel ends: below `etc/`, or in the package."""
    _, shared, below = path.partition(SHARED)
    return below if shared else path


def places(wheel: Wheel) -> dict[str, str]:
    """The path inside the wheel of every file, by the path it is installed under."""
    return {installed(path): path for path in wheel.paths()}


def definitions(wheel: Wheel) -> dict[str, tuple[str, ...]]:
    """What the default files define, by kind; a kind without a file is left out.

    Raises:
        BadInputError: one of them is no YAML.
    """
    paths = places(wheel)
    found: dict[str, set[str]] = {}
    for kind, (candidates, read) in KINDS.items():
        for place in candidates:
            if place in paths:
                found.setdefault(kind, set()).update(read(load(wheel, paths[place])))
    return {kind: tuple(sorted(found[kind])) for kind in sorted(found)}


def load(wheel: Wheel, path: str) -> Any:  # noqa: ANN401 - any YAML
    """A YAML file of the wheel. Raises BadInputError when it is none."""
    try:
        return yaml.load(wheel.text(path), Loader=LOADER)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise wheel.fault(path, f"it is no YAML: {error}") from None


def _many(value: object) -> Iterator[str]:
    """One word or several."""
    for each in value if isinstance(value, list) else [value]:
        if each is not None:
            yield str(each)


def _polled(data: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    for source in data["sources"]:
        yield from _many(source["meters"])


def _intervals(data: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    return (str(source["interval"]) for source in data["sources"])


def _publishers(data: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    for sink in data["sinks"]:
        yield from _many(sink["publishers"])


def _transformers(data: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    for sink in data["sinks"]:
        for one in sink.get("transformers") or ():
            wanted = one.get("parameters", {}).get("target", {}).get("name")
            yield f"{one['name']}: {wanted}" if wanted else str(one["name"])


def _names(data: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    for metric in data["metric"]:
        yield from _many(metric["name"])


def _events(data: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    for definition in data:
        yield from _many(definition["event_type"])


def _metrics(data: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    for resource in data["resources"]:
        for metric in resource.get("metrics") or ():
            yield f"{resource['resource_type']}: {metric}"


Reader = Callable[[Any], Iterator[str]]
POLLING = ("etc/ceilometer/polling.yaml",)
PIPELINE = ("etc/ceilometer/pipeline.yaml", "ceilometer/pipeline/data/pipeline.yaml")
EVENT_PIPELINE = tuple(place.replace("pipeline.yaml", "event_pipeline.yaml") for place in PIPELINE)
EVENTS = (
    "etc/ceilometer/event_definitions.yaml",
    "ceilometer/pipeline/data/event_definitions.yaml",
)
METERS = ("ceilometer/meter/data/meters.yaml", "ceilometer/data/meters.d/meters.yaml")
METRICS = (
    "ceilometer/dispatcher/data/gnocchi_resources.yaml",
    "ceilometer/publisher/data/gnocchi_resources.yaml",
)
KINDS: dict[str, tuple[tuple[str, ...], Reader]] = {
    "polled": (POLLING, _polled),
    "polling_intervals_s": (POLLING, _intervals),
    "sample_publishers": (PIPELINE, _publishers),
    "transformers": (PIPELINE, _transformers),
    "event_publishers": (EVENT_PIPELINE, _publishers),
    "events": (EVENTS, _events),
    "notification_meters": (METERS, _names),
    "gnocchi_metrics": (METRICS, _metrics),
    "snmp_meters": (("ceilometer/hardware/pollsters/data/snmp.yaml",), _names),
}
