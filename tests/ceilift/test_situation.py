"""What differs from what is wanted, and so gets a stage of its own."""

from __future__ import annotations

from dataclasses import replace

from ceilift.plan import Action
from ceilift.situation import Situation
from ceilift.state import Restart
from tests.clouds import Field, agent, catalogue, seen
from tests.troubled import Cloud, database_section, quiet


def stages(cloud: Cloud) -> list[str]:
    return [stage.name for stage in cloud.planned().stages]


def acts(cloud: Cloud) -> list[str]:
    return [step.id for step in cloud.planned().steps]


def upgraded() -> Cloud:
    return quiet(release="9.0.7")


def with_extra(cloud: Cloud, **changes: Field) -> Cloud:
    """The cloud with a collector on pol1, which has no such role."""
    extra = agent("collector", "pol1", None, **changes)
    return cloud.seen(hosts=seen(cloud.inventory, (*cloud.state.instances, extra)).hosts)


def unstaged(cloud: Cloud) -> tuple[str, ...]:
    target = catalogue().get(cloud.request.to)
    made = Situation(cloud.inventory, cloud.state, catalogue(), cloud.request, target)
    return made.unstaged


def test_hosts_that_need_the_target_and_have_not_got_it_are_known() -> None:
    bare = quiet(database={**database_section(), "dbsync_host": "pol1"})
    for host in bare.inventory.hosts:
        bare = bare.host(host.name, installed=("8.1.5",))

    assert unstaged(quiet()) == ()
    assert unstaged(bare) == ("ctl1", "ctl2", "pol1")
    assert unstaged(bare.host("ctl1", reachable=False).without_host("ctl2")) == ("pol1",)
    assert unstaged(bare.host("ctl2", installed=("8.1.5", "9.0.7"))) == ("ctl1", "pol1")


def test_only_what_differs_has_a_stage() -> None:
    assert stages(upgraded()) == []
    assert stages(upgraded().agent("notification", "ctl1", release="8.1.5")) == [
        "database", "notification",
    ]  # fmt: skip
    assert stages(upgraded().agent("api", "ctl1", release="8.1.5")) == ["database", "api"]


def test_an_old_agent_at_rest_beside_new_ones_is_started_alone() -> None:
    cloud = upgraded().agent("collector", "ctl2", release=None, defined_release="8.1.5")

    assert acts(cloud) == ["collector/start/ctl2", "collector/enable/ctl2"]


def test_an_old_agent_that_nobody_wants_is_kept_from_starting() -> None:
    assert acts(with_extra(upgraded(), defined_release="8.1.5")) == ["collector/stop/pol1"]
    assert "collector/stop/pol1" in acts(with_extra(quiet(), defined_release="8.1.5"))


def test_an_old_agent_that_may_not_start_and_nobody_wants_is_left_alone() -> None:
    cloud = with_extra(upgraded(), defined_release="8.1.5", restart=Restart.PREVENTED)

    assert acts(cloud) == []


def test_a_target_that_may_not_restart_is_proven_and_enabled() -> None:
    cloud = upgraded().agent("collector", "ctl2", restart=Restart.PREVENTED)

    assert acts(cloud) == ["collector/enable/ctl2"]
    assert [gate.id for gate in cloud.planned().gates] == ["collector/proven/ctl2"]


def test_a_target_that_would_restart_as_something_older_is_pointed_right() -> None:
    cloud = upgraded().agent("collector", "ctl2", defined_release="8.1.5")

    assert acts(cloud) == ["collector/start/ctl2", "collector/enable/ctl2"]


def test_one_agent_too_many_is_stopped_alone() -> None:
    extra = agent("collector", "pol1", "9.0.7")
    cloud = upgraded()
    cloud = cloud.seen(hosts=seen(cloud.inventory, (*cloud.state.instances, extra)).hosts)

    assert acts(cloud) == ["collector/stop/pol1"]


def test_one_agent_missing_is_started_alone_and_the_others_go_on() -> None:
    cloud = upgraded().agent("polling", "pol1", release=None)

    assert acts(cloud) == ["polling/start/pol1"]


def test_a_cloud_at_rest_walks_the_whole_path() -> None:
    cloud = upgraded().agents(
        lambda one: one if one.component == "api" else replace(one, release=None)
    )

    assert [step.id for step in cloud.planned().steps if step.action is Action.START] == [
        "collector/start/ctl1", "collector/start/ctl2",
        "notification/start/ctl1", "notification/start/ctl2",
        "polling/start/ctl1", "polling/start/ctl2", "polling/start/pol1",
    ]  # fmt: skip
    assert "polling/first/ctl1" in {gate.id for gate in cloud.planned().gates}


def test_central_is_first_by_preference() -> None:
    cloud = quiet({"cmp1": ["polling-compute"], "ctl1": ["polling-central"]})

    assert "polling/first/ctl1" in {gate.id for gate in cloud.planned().gates}
    asked = cloud.asked(first="cmp1").planned()
    assert "polling/first/cmp1" in {gate.id for gate in asked.gates}


def test_a_cloud_of_computes_has_a_first_agent_as_well() -> None:
    cloud = quiet({"cmp1": ["polling-compute"], "cmp2": ["polling-compute"]})

    assert "polling/first/cmp1" in {gate.id for gate in cloud.planned().gates}


def test_what_ran_on_a_host_set_aside_does_not_count() -> None:
    cloud = quiet().agent("polling", "pol1", release="9.0.6").asked(without={"pol1": "broken"})

    plan = cloud.planned()

    assert plan.releases == ("8.1.5",)
    assert "mixed-releases" not in {finding.id for finding in plan.findings}


def test_an_agent_too_many_is_no_agent_that_polls_already() -> None:
    cloud = quiet({"ctl1": ["polling-central"], "ctl2": []}, "9.0.7")
    cloud = cloud.agent("polling", "ctl1", release=None)
    extra = agent("polling", "ctl2", "9.0.7")
    cloud = cloud.seen(hosts=seen(cloud.inventory, (*cloud.state.instances, extra)).hosts)

    assert "polling/first/ctl1" in {gate.id for gate in cloud.planned().gates}


def test_what_ran_is_told_oldest_first() -> None:
    cloud = quiet(release="16.0.1").agent("polling", "pol1", release="9.0.7").asked(to="17.0.2")

    assert cloud.planned().releases == ("9.0.7", "16.0.1")
