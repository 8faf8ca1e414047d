"""What may not run beside its successor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.component import Component
from ceilift.planner import make_plan
from ceilift.state import AgentConfig, Instance
from tests.clouds import Field, agents_of, catalogue, inventory, request, seen
from tests.crossing import going

ROLES = ("collector", "notification", "polling-central")
CLOUD = inventory({"ctl1": ROLES, "ctl2": ROLES}, wsgi=None)
MODERN = inventory({"ctl1": ROLES[1:], "ctl2": ROLES[1:]}, wsgi=None, database=None, store="other")
SHARED = AgentConfig(
    coordinated=True, interval_s=10.0, resources=("r1", "r2"), polling_file="/etc/polling.yaml"
)


def blockers(release: str, to: str, change: Field, **asked: Field) -> set[str]:
    cloud = CLOUD if release < "9.1" and not release.startswith("1") else MODERN
    agents = [change(one) for one in agents_of(cloud, release)]
    wanted = request(to, path="partial", **asked)
    return {one.id for one in make_plan(cloud, seen(cloud, agents), catalogue(), wanted).blockers}


def as_it_is(one: Instance) -> Instance:
    return one


def one_group(one: Instance) -> Instance:
    return replace(one, config=SHARED) if one.component is Component.POLLING else one


def partitioned(one: Instance) -> Instance:
    if one.component is not Component.NOTIFICATION:
        return one
    return replace(one, config=AgentConfig(workload_partitioning=True, pipeline_digest="a"))


def uneven(one: Instance) -> Instance:
    config = AgentConfig(workload_partitioning=True, pipeline_digest=one.host)
    return replace(one, config=config) if one.component is Component.NOTIFICATION else one


@pytest.mark.parametrize(
    ("release", "to", "change", "found"),
    [
        ("8.1.5", "9.0.7", as_it_is, set()),
        ("8.1.5", "9.0.7", one_group, {"T2", "never-beside"}),
        ("9.0.6", "9.0.7", one_group, {"never-beside"}),
        ("16.0.1", "17.0.2", one_group, set()),
        ("8.1.5", "9.0.7", partitioned, {"T2"}),
        ("9.0.6", "9.0.7", partitioned, set()),
        ("9.0.6", "9.0.7", uneven, {"pipelines-differ"}),
        ("17.0.2", "21.0.1", as_it_is, set()),
    ],
)
def test_releases_that_cannot_mix_are_refused(
    release: str, to: str, change: Field, found: set[str]
) -> None:
    assert blockers(release, to, change) == found


@pytest.mark.parametrize(
    ("release", "to", "trap"), [("9.0.7", "10.0.1", "T4"), ("11.1.0", "12.1.1", "T5")]
)
def test_work_that_is_shared_by_queues_that_the_target_has_not_is_refused(
    release: str, to: str, trap: str
) -> None:
    alone = going(release, to).asked(to=to, path="partial")
    sharing = alone.agents(partitioned)
    stopped = sharing.asked(to=to, path="partial", stop_all=("notification",))

    refused = [{one.id for one in cloud.planned().blockers} for cloud in (sharing, alone, stopped)]

    assert [trap in found for found in refused] == [True, False, False]


def test_what_is_stopped_everywhere_mixes_with_nothing() -> None:
    assert blockers("8.1.5", "9.0.7", one_group, stop_all=("polling",)) == set()
    assert blockers("8.1.5", "9.0.7", partitioned, stop_all=("notification",)) == set()


def test_what_is_left_out_is_not_refused() -> None:
    assert blockers("8.1.5", "9.0.7", one_group, only=("collector",)) == set()


def test_polled_samples_that_new_agents_would_lose_refuse_the_order() -> None:
    asked = {"order": ("notification", "polling")}
    assert blockers("17.0.2", "21.0.1", as_it_is, **asked) == {"T1"}
    assert blockers("17.0.2", "21.0.1", as_it_is, only=("notification",)) == {"T1"}
    assert blockers("18.1.0", "21.0.1", as_it_is, **asked) == set()


def test_old_polling_agents_on_a_host_set_aside_refuse_it_too() -> None:
    aside = {"without": {"ctl2": "broken"}}
    assert blockers("17.0.2", "21.0.1", as_it_is, **aside) == {"T1"}
    assert blockers("18.1.0", "21.0.1", as_it_is, **aside) == set()
    assert blockers("16.0.1", "17.0.2", as_it_is, **aside) == set()
