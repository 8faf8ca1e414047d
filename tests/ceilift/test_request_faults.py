"""What is refused before anything is planned: all faults at once, each with its option."""

from __future__ import annotations

import pytest

from ceilift.component import Component
from ceilift.errors import BAD_INPUT, BadInputError
from ceilift.policy import Policy
from tests.clouds import Field, agent, seen
from tests.troubled import Cloud, quiet


def faults(cloud: Cloud) -> list[tuple[str, str]]:
    """Option and words of every fault."""
    with pytest.raises(BadInputError) as caught:
        cloud.planned()
    assert caught.value.exit_code == BAD_INPUT
    assert all(fault.remedy for fault in caught.value.faults)
    return [(fault.field, fault.what) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("asked", "option", "words"),
    [
        ({"path": "sideways"}, "--path", "there is no path 'sideways'"),
        ({"api_after": "api"}, "--api-after", "there is no stage 'api'"),
        ({"start_old": "api"}, "--start-old", "'api' is no stage that can be started again"),
        (
            {"start_old": "database"},
            "--start-old",
            "'database' is no stage that can be started again",
        ),
        ({"batch_size": 0}, "--batch-size", "0 is no size"),
        ({"without": {"ctl9": "gone"}}, "--without", "'ctl9' is no host of the inventory"),
        ({"without": {"pol1": " "}}, "--without", "no reason is given for 'pol1'"),
        (
            {"without": {"ctl1": "down"}},
            "--without",
            "'ctl1' is the inventory's database.backup.host",
        ),
        ({"first": "ctl9"}, "--first", "'ctl9' has no polling role, or is set aside"),
        ({"accept": {"T3": "fine"}}, "--accept", "'T3' is no finding that can be accepted"),
        (
            {"accept": {"host-key": "x"}},
            "--accept",
            "'host-key' is no finding that can be accepted",
        ),
        ({"accept": {"busy": ""}}, "--accept", "no reason is given for 'busy'"),
        ({"path": "partial", "order": ("x",)}, "--order", "there is no 'x'"),
        ({"path": "partial", "only": ("api", "api")}, "--only", "a component is named twice"),
        ({"path": "partial", "stop_all": ("api",)}, "--stop-all", "there is no 'api'"),
        (
            {"path": "partial", "order": ("collector", "database")},
            "--order",
            "database-first: the database comes before all else",
        ),
        (
            {"path": "partial", "policies": (Policy(Component.POLLING, "sideways"),)},
            "--policy",
            "polling: there is no mode 'sideways'",
        ),
        (
            {"path": "partial", "first": "pol1"},
            "--path",
            "the first polling host and the API's place belong to the full path",
        ),
        (
            {"only": ("collector",)},
            "--path",
            "order, selection, policies and stop-all belong to the partial path",
        ),
    ],
)
def test_it_is_refused(asked: Field, option: str, words: str) -> None:
    assert (option, words) in faults(quiet().asked(**asked))


def test_first_may_not_be_set_aside() -> None:
    cloud = quiet().asked(first="pol1", without={"pol1": "broken"})

    assert [option for option, _ in faults(cloud)] == ["--first"]


def test_all_faults_are_told_at_once() -> None:
    cloud = quiet().asked(path="x", batch_size=0, first="x", accept={"x": ""})

    found = [option for option, _ in faults(cloud)]

    assert found == ["--path", "--batch-size", "--first", "--accept", "--accept"]


def test_an_unlisted_release_is_refused() -> None:
    assert faults(quiet().asked(to="9.0.9")) == [
        ("--to", "release '9.0.9' is not in the catalogue")
    ]


def test_a_downgrade_names_each_newer_component() -> None:
    cloud = quiet().agent("collector", "ctl2", release="16.0.1")

    assert faults(cloud) == [
        ("--to", "9.0.7 is older than 16.0.1, the release of the collector on ctl2")
    ]


def test_what_ran_before_the_upgrade_counts_as_well() -> None:
    newer = quiet().agent("collector", "ctl2", release="16.0.1").state.instances
    cloud = quiet().seen(baseline=newer)

    assert "16.0.1" in faults(cloud)[0][1]


def test_a_stopped_agent_of_a_newer_release_counts_where_it_is_wanted() -> None:
    cloud = quiet().agent("collector", "ctl2", release=None, defined_release="16.0.1")

    assert "16.0.1" in faults(cloud)[0][1]


def test_a_stopped_agent_of_a_newer_release_is_no_matter_where_none_is_wanted() -> None:
    cloud = quiet()
    left_over = agent("collector", "pol1", None, defined_release="16.0.1")
    state = seen(cloud.inventory, (*cloud.state.instances, left_over))

    plan = cloud.seen(hosts=state.hosts).planned()

    assert "collector/stop/pol1" in {step.id for step in plan.steps}


def test_an_unknown_release_is_no_downgrade() -> None:
    assert quiet().agent("collector", "ctl2", release="unknown").planned().steps


def test_the_same_release_is_no_downgrade() -> None:
    assert quiet(release="9.0.7").planned().steps == ()


def test_a_whole_wish_is_granted() -> None:
    cloud = quiet().asked(
        first="pol1", batch_size=1, api_after="collector", without={"ctl2": "down"}
    )

    plan = cloud.planned()

    assert [stage.name for stage in plan.stages] == [
        "database",
        "collector",
        "api",
        "notification",
        "polling",
    ]
    assert "polling/first/pol1" in {gate.id for gate in plan.gates}
