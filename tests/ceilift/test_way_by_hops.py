"""From 8.1.5 to 27.0.0: what each upgrade on the way would meet on this cloud."""

from __future__ import annotations

from dataclasses import replace

from ceilift.hops_text import hops_to_json, hops_to_text
from ceilift.host_files import ConfigFile, HostFiles
from ceilift.planner import make_plan
from ceilift.state import Instance
from ceilift.way_by_hops import Hop, way_by_hops
from tests.clouds import all_at, catalogue, inventory, request

CLOUD = inventory(
    {"ctl1": ["collector", "notification", "polling-central", "api"], "pol1": ["polling-central"]}
)


def way(old: str, new: str) -> tuple[Hop, ...]:
    state = all_at(CLOUD, old, installed=(old, new))
    plan = make_plan(CLOUD, state, catalogue(), request(new))
    return way_by_hops(plan, CLOUD, state, catalogue())


def ids(hop: Hop) -> list[str]:
    return [finding.id for finding in hop.findings]


def test_every_hop_is_named_and_slurp_releases_are_two_apart() -> None:
    found = way("8.1.5", "27.0.0")

    assert [hop.new for hop in found][:3] == ["9.0.7", "10.0.1", "11.1.0"]
    assert [hop.old for hop in found][1:] == [hop.new for hop in found][:-1]
    assert [(hop.old, hop.new) for hop in found if hop.slurp] == [
        ("19.1.0", "20.0.0"),
        ("20.0.0", "22.0.1"),
        ("22.0.1", "24.0.2"),
        ("24.0.2", "26.0.0"),
    ]


def test_a_hop_has_the_findings_of_its_own_boundary_once() -> None:
    found = {hop.new: ids(hop) for hop in way("8.1.5", "27.0.0")}

    assert {"T6", "T8"} <= {*found["10.0.1"]}
    assert found["11.1.0"] == []
    assert found["18.1.0"][:2] == ["T1", "T20"]
    assert found["27.0.0"] == ["T17", "T18"]


def test_what_goes_in_the_same_file_at_boundaries_one_after_the_other_is_told_at_each() -> None:
    options = ("[hardware] url_scheme", "[monasca] cluster", "[vmware] host_ip")
    files = HostFiles((ConfigFile("/etc/ceilometer/ceilometer.conf", options),))
    state = all_at(CLOUD, "18.1.0", installed=("18.1.0", "27.0.0"))
    state = replace(state, hosts=tuple(replace(host, files=files) for host in state.hosts))
    plan = make_plan(CLOUD, state, catalogue(), request("27.0.0"))

    found = [
        (hop.new, one.what.partition(":")[0])
        for hop in way_by_hops(plan, CLOUD, state, catalogue())
        for one in hop.findings
        if one.id == "option-removed"
    ]

    assert found == [
        ("19.1.0", "[hardware] url_scheme"),
        ("22.0.1", "[monasca] cluster"),
        ("24.0.2", "[vmware] host_ip"),
    ]


def test_a_neighbour_takes_one_upgrade_and_nothing_is_told() -> None:
    assert way("8.1.5", "9.0.7") == ()
    assert way("22.0.1", "24.0.2") == ()
    assert hops_to_text(()) == ""


def test_a_cloud_that_is_there_has_no_way_to_go() -> None:
    assert way("9.0.7", "9.0.7") == ()


def test_the_text_has_each_hop_with_its_findings_below() -> None:
    text = hops_to_text(way("17.0.2", "20.0.0"))

    assert "## One upgrade at a time: 3 of them" in text
    at = text.index("- 17.0.2 to **18.1.0** (Yoga)")
    assert at < text.index("    - Warning T1 (") < text.index("- 18.1.0 to **19.1.0** (Zed)")
    assert "- 19.1.0 to **20.0.0** (2023.1, SLURP)" in text


def test_the_json_has_severities_in_words() -> None:
    first = hops_to_json(way("17.0.2", "20.0.0"))[0]

    assert (first["old"], first["new"], first["slurp"]) == ("17.0.2", "18.1.0", False)
    severities = {one["id"]: one["severity"] for one in first["findings"]}
    assert (severities["T6"], severities["T1"]) == ("blocker", "warning")


def test_what_is_known_later_only_is_not_told_of_an_upgrade_to_come() -> None:
    cloud = inventory({name: ["notification", "polling-central"] for name in ("ctl1", "ctl2")})
    cloud = cloud.model_copy(update={"database": None, "wsgi": None, "store": "other"})
    state = all_at(cloud, "16.0.1", installed=("16.0.1", "18.1.0"))
    shared = [replace(host, instances=tuple(map(_sharing, host.instances))) for host in state.hosts]
    state = replace(state, hosts=tuple(shared))
    plan = make_plan(cloud, state, catalogue(), request("18.1.0", path="partial"))

    told = {one.id for hop in way_by_hops(plan, cloud, state, catalogue()) for one in hop.findings}

    assert "pollsters-not-compared" in {one.id for one in plan.findings}
    assert "pollsters-not-compared" not in told


def _sharing(one: Instance) -> Instance:
    return replace(one, config=replace(one.config, group_prefix="", resources=()))
