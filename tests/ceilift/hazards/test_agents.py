"""Rules about agents: each on a case that fires it, and on a near miss."""

from __future__ import annotations

from dataclasses import replace

from ceilift.state import AgentConfig, GroupState, Restart
from tests.cases import not_told, told
from tests.clouds import Field
from tests.troubled import (
    BLOCKER,
    INFO,
    OWN,
    ROLES,
    WARNING,
    Fires,
    Silent,
    modern,
    quiet,
)

UNREADABLE: Field = {"polling_fault": "line 3: broken", "polling_file": "/etc/polling.yaml"}

FIRES: Fires = {
    "a polling group that never learns": (
        lambda: quiet().polling(group_prefix="", resources=()),
        "T3",
        WARNING,
        "ctl1, ctl2, pol1",
    ),
    "static resources in one group": (
        lambda: quiet().polling(group_prefix="", resources=("snmp://a",)),
        "T3",
        WARNING,
        "ctl1, ctl2, pol1",
    ),
    "agents without coordination": (
        lambda: quiet().polling(coordinated=False, resources=()),
        "uncoordinated-polling",
        WARNING,
        "ctl1, ctl2, pol1",
    ),
    "one resource polled by two without coordination": (
        lambda: (
            quiet()
            .polling(coordinated=False)
            .agent(
                "polling", "pol1", config=replace(OWN, coordinated=False, resources=("ctl1", "x"))
            )
        ),
        "uncoordinated-polling",
        WARNING,
        "ctl1, pol1",
    ),
    "one more agent without coordination": (
        lambda: (
            quiet()
            .polling(coordinated=False, resources=())
            .agent("polling", "pol1", release=None, restart=Restart.PREVENTED)
        ),
        "uncoordinated-polling",
        BLOCKER,
        "ctl1, ctl2, pol1",
    ),
    "static resources and no fixed seed": (
        lambda: quiet().agent(
            "polling", "pol1", config=replace(OWN, resources=("x",), hash_seed_fixed=False)
        ),
        "T9",
        WARNING,
        "pol1",
    ),
    "uneven namespaces in one group": (
        lambda: quiet({**ROLES, "pol1": ["polling-central", "polling-compute"]}).polling(
            group_prefix="", resources=()
        ),
        "T10",
        WARNING,
        "ctl1, ctl2, pol1",
    ),
    "ipmi agents in one group": (
        lambda: quiet({"a": ["polling-ipmi"], "b": ["polling-ipmi"]}).polling(coordinated=True),
        "T16",
        WARNING,
        "a, b",
    ),
    "an empty udp_address": (
        lambda: quiet().agent("collector", "ctl2", config=AgentConfig(udp_address="")),
        "udp-address-empty",
        BLOCKER,
        "ctl2",
    ),
    "members that died without leaving": (
        lambda: quiet().seen(groups=(GroupState("ceilometer.notification", 2, ghosts=3),)),
        "ghost-members",
        WARNING,
        "ceilometer.notification",
    ),
    "a polling file that cannot be used": (
        lambda: quiet().agent("polling", "pol1", config=replace(OWN, **UNREADABLE)),
        "polling-file",
        BLOCKER,
        "pol1",
    ),
    "the same fault in the same file of several": (
        lambda: quiet().polling(**UNREADABLE),
        "polling-file",
        BLOCKER,
        "ctl1, ctl2, pol1",
    ),
    "agents that poll late": (quiet, "T24", INFO, "ctl1, ctl2, pol1"),
    "consumers that are stopped at work": (quiet, "last-acknowledgement", INFO, "ctl1, ctl2"),
}

SILENT: Silent = {
    "a group whose members learn": (lambda: modern().polling(group_prefix="", resources=()), "T3"),
    "groups of one": (lambda: quiet().polling(resources=()), "T3"),
    "no coordination, own resources": (
        lambda: quiet().polling(coordinated=False),
        "uncoordinated-polling",
    ),
    "no coordination on computes": (
        lambda: quiet({"a": ["polling-compute"], "b": ["polling-compute"]}),
        "uncoordinated-polling",
    ),
    "no fixed seed, no coordination": (
        lambda: quiet().polling(coordinated=False, hash_seed_fixed=False),
        "T9",
    ),
    "uneven namespaces, own groups": (
        lambda: quiet({**ROLES, "pol1": ["polling-central", "polling-compute"]}).polling(
            resources=()
        ),
        "T10",
    ),
    "one ipmi agent": (lambda: quiet({"a": ["polling-ipmi"]}).polling(coordinated=True), "T16"),
    "no member that died": (
        lambda: quiet().seen(groups=(GroupState("ceilometer.notification", 2),)),
        "ghost-members",
    ),
    "polling agents without a beat, as they are in 9.x": (
        lambda: quiet().seen(groups=(GroupState("central-global", 0, ghosts=2),)),
        "ghost-members",
    ),
    "no udp_address at all": (
        lambda: quiet().agent("collector", "ctl2", config=AgentConfig(udp_address=None)),
        "udp-address-empty",
    ),
    "an empty udp_address where no collector is": (
        lambda: quiet().agent(
            "polling", "pol1", config=replace(OWN, udp_address="", group_prefix="pol1")
        ),
        "udp-address-empty",
    ),
    "a polling file that cannot be used where no polling agent is": (
        lambda: quiet().agent("collector", "ctl2", config=AgentConfig(**UNREADABLE)),
        "polling-file",
    ),
    "a polling file that cannot be used where none is started": (
        lambda: quiet().polling(**UNREADABLE).asked(path="partial", only=("collector",)),
        "polling-file",
    ),
    "agents that poll at once": (modern, "T24"),
    "only polling agents are stopped": (
        lambda: quiet({"a": ["polling-central"]}),
        "last-acknowledgement",
    ),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_an_unusable_polling_file_is_named_with_its_host_and_fault() -> None:
    cloud = quiet().agent("polling", "pol1", config=replace(OWN, **UNREADABLE))

    (finding,) = cloud.found("polling-file")

    assert finding.what.startswith("/etc/polling.yaml on pol1 cannot be used: line 3: broken;")
    assert finding.remedy == "Mend /etc/polling.yaml on pol1, then plan again"


def test_an_unusable_polling_file_is_found_on_the_partial_path_and_the_way_back() -> None:
    cloud = quiet().polling(**UNREADABLE)

    assert cloud.asked(path="partial").found("polling-file")
    assert cloud.asked(start_old="polling").found("polling-file")


def test_agents_that_all_rest_are_none_more_than_before() -> None:
    cloud = quiet().polling(coordinated=False, resources=())
    for host in ("ctl1", "ctl2", "pol1"):
        cloud = cloud.agent("polling", host, release=None)

    (finding,) = cloud.found("uncoordinated-polling")

    assert finding.severity is WARNING


def test_a_random_wait_before_the_first_poll_is_told_where_the_target_has_it() -> None:
    (late,) = quiet().polling(shuffle_s=40.0).found("T24")

    assert "up to 40 s later" in late.what
    (exact,) = quiet().found("T24")
    assert "later" not in exact.what
    assert modern().polling(shuffle_s=40.0).found("T24") == []
