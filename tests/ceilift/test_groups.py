"""Which polling agents share their resources."""

from __future__ import annotations

from ceilift.groups import shared_groups
from ceilift.situation import Situation
from tests.clouds import Field, catalogue
from tests.troubled import Cloud, modern, quiet


def groups(cloud: Cloud) -> list[list[str]]:
    made = catalogue()
    situation = Situation(
        cloud.inventory, cloud.state, made, cloud.request, made.get(cloud.request.to)
    )
    return [[place.host for place in found] for found in shared_groups(situation).values()]


def one_group(**changes: Field) -> Cloud:
    return modern().polling(**{"group_prefix": "", "resources": ("r1", "r2"), **changes})


def test_agents_of_one_name_share() -> None:
    assert groups(one_group()) == [["ctl1", "ctl2"]]
    assert groups(modern()) == []


def test_without_a_fixed_seed_static_resources_are_not_shared() -> None:
    assert groups(one_group(hash_seed_fixed=False)) == []
    assert groups(one_group(hash_seed_fixed=False, resources=())) == [["ctl1", "ctl2"]]


def test_before_the_hash_was_in_the_name_no_seed_was_needed() -> None:
    cloud = quiet().polling(group_prefix="", resources=("r1",), hash_seed_fixed=False)
    hashed = catalogue().get("9.0.7").polling.static_group_hash.value

    assert groups(cloud) == ([] if hashed else [["ctl1", "ctl2", "pol1"]])


def test_agents_that_see_their_own_host_alone_share_nothing() -> None:
    computes = quiet({"a": ["polling-compute"], "b": ["polling-compute"]})

    assert groups(computes.polling(coordinated=True, resources=())) == []
