"""Gnocchi as it is found: on a case that has something against it, and on a near miss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ceilift.host_files import Call, HostFiles
from ceilift.stores import GnocchiState
from tests.cases import not_told, told
from tests.clouds import Field
from tests.crossing import going, publishing
from tests.troubled import BLOCKER, INFO, WARNING, Cloud, Fires, Silent, quiet

WELL = GnocchiState(reachable=True, version="4.7.1", measures=900, metrics=10, processors=2)
AWAY = GnocchiState(reachable=False, problem="timed out")
WHERE = "inventory: gnocchi"
CRON = "/etc/cron.d/c on ctl1"


def having(seen: GnocchiState | None, new: str = "27.0.0") -> Callable[[], Cloud]:
    return lambda: going("26.0.0", new).seen(gnocchi=seen)


def waiting(measures: int, metrics: int, **more: Field) -> Callable[[], Cloud]:
    return having(replace(WELL, measures=measures, metrics=metrics, **more))


def calling(program: str, old: str = "26.0.0", new: str = "27.0.0") -> Callable[[], Cloud]:
    files = HostFiles(calls=(Call("/etc/cron.d/c", program),))
    return lambda: going(old, new).host("ctl1", files=files)


def dispatching(name: str) -> Cloud:
    return quiet().agents(
        lambda one: (
            replace(one, config=replace(one.config, dispatchers=(name,)))
            if one.component == "collector"
            else one
        )
    )


FIRES: Fires = {
    "away": (having(AWAY), "gnocchi-unreachable", BLOCKER, WHERE),
    "one release too old": (
        having(replace(WELL, version="4.1.9")),
        "gnocchi-too-old",
        BLOCKER,
        WHERE,
    ),
    "so old that it does not tell": (
        having(replace(WELL, version="")),
        "gnocchi-too-old",
        BLOCKER,
        WHERE,
    ),
    "too old for Queens": (
        lambda: going("9.0.7", "10.0.1").seen(gnocchi=replace(WELL, version="3.1.0")),
        "gnocchi-too-old",
        BLOCKER,
        WHERE,
    ),
    "many measures of each metric": (waiting(1001, 100), "gnocchi-backlog", WARNING, WHERE),
    "few, and nobody to process them": (
        waiting(3, 3, processors=0),
        "gnocchi-backlog",
        WARNING,
        WHERE,
    ),
    "a cron file that may wait for ever": (calling("ceilometer-upgrade"), "T14", WARNING, CRON),
    "Gnocchi away, and the migration to come": (having(AWAY), "T14", WARNING, WHERE),
    "nobody looked": (having(None), "gnocchi-unknown", INFO, "inventory: store"),
    "a backlog that may not be read": (
        having(replace(WELL, measures=None, unread="it refuses the login")),
        "gnocchi-unknown",
        INFO,
        "inventory: store",
    ),
    "a collector that stores there": (
        lambda: dispatching("gnocchi"),
        "gnocchi-unknown",
        INFO,
        "ctl1, ctl2",
    ),
}
SILENT: Silent = {
    "a cron file that calls something else": (calling("ceilometer-polling"), "T14"),
    "before it tries again": (calling("ceilometer-upgrade", "8.1.5", "9.0.7"), "T14"),
    "well, and nothing calls it": (having(WELL), "T14"),
    "well": (having(WELL), "gnocchi-unreachable"),
    "looked at": (having(WELL), "gnocchi-unknown"),
    "away, and told once": (having(AWAY), "gnocchi-unknown"),
    "away, and nothing to do": (having(AWAY, "26.0.0"), "gnocchi-unreachable"),
    "just new enough": (having(replace(WELL, version="4.2.0")), "gnocchi-too-old"),
    "a build on the way to it": (having(replace(WELL, version="4.2.0.dev7")), "gnocchi-too-old"),
    "a version of somebody's own": (having(replace(WELL, version="ours")), "gnocchi-too-old"),
    "no release demands one": (
        lambda: going("8.1.5", "9.0.7").seen(gnocchi=replace(WELL, version="3.1.0")),
        "gnocchi-too-old",
    ),
    "as many as a poll brings": (waiting(1000, 100), "gnocchi-backlog"),
    "many metrics, few measures each": (waiting(90_000, 10_000), "gnocchi-backlog"),
    "nobody there, and nothing waits": (waiting(0, 0, processors=0), "gnocchi-backlog"),
    "a database": (lambda: dispatching("database"), "gnocchi-unknown"),
    "another store": (lambda: going("26.0.0", "27.0.0", "other"), "gnocchi-unknown"),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_a_pipe_is_told_where_the_inventory_says_nothing_of_a_store() -> None:
    cloud = publishing("26.0.0", "27.0.0", "gnocchi://")
    other = replace(cloud, inventory=cloud.inventory.model_copy(update={"store": "other"}))

    (finding,) = other.found("gnocchi-unknown")

    assert finding.where == "ctl1, ctl2"


@pytest.mark.parametrize(
    ("later", "told"), [(2500, "500 more after 5 s"), (1500, "500 fewer after 5 s")]
)
def test_whether_a_backlog_grows_is_told(later: int, told: str) -> None:
    seen = replace(WELL, measures=2000, metrics=10, later=later, apart_s=5.0)

    (finding,) = having(seen)().found("gnocchi-backlog")

    assert told in finding.what
