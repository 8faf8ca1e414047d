"""Clouds made up by hypothesis: any roles on any hosts, anything running there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from ceilift.component import SERVICES, Component
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import UNITS
from ceilift.plan import Plan, Request
from ceilift.plan_nodes import plan_nodes
from ceilift.planner import make_plan
from ceilift.state import CloudState, Instance, Restart
from tests.clouds import agent, catalogue, inventory, request, seen

HOSTS = ("ctl1", "ctl2", "ctl3", "cmp1")
POLLING = ("polling-central", "polling-compute", "polling-ipmi")
ROLES = ("collector", "notification", "api", *POLLING)
RELEASES = ("8.1.5", "8.1.5", "9.0.6", "9.0.7", "unknown", None)
CLEAN = ("8.1.5", "9.0.6")


@dataclass(frozen=True)
class Made:
    """One made-up cloud and what is asked of it."""

    inventory: Inventory
    state: CloudState
    request: Request

    def planned(self, state: CloudState | None = None) -> Plan:
        """The plan for it, or for another look at it."""
        return make_plan(self.inventory, state or self.state, catalogue(), self.request)


@st.composite
def roles_of_hosts(draw: st.DrawFn) -> dict[str, list[str]]:
    """Hosts with any roles, at most one polling agent each."""
    hosts = draw(st.lists(st.sampled_from(HOSTS), min_size=1, unique=True))
    found = {}
    for host in hosts:
        roles = draw(st.sets(st.sampled_from(ROLES[:3])))
        polling = draw(st.sets(st.sampled_from(POLLING)))
        found[host] = sorted(roles) + sorted(polling)
    return found


@st.composite
def clouds(draw: st.DrawFn, releases: tuple[str | None, ...] = RELEASES) -> Made:
    """Any cloud, with agents where roles are, where none are, and not everywhere."""
    roles = draw(roles_of_hosts())
    database = {} if draw(st.booleans()) else {"database": None}
    cloud = inventory(roles, **database)
    found = [draw(_agents(host, component, releases)) for host in roles for component in SERVICES]
    state = seen(cloud, [one for one in found if one is not None])
    return Made(cloud, state, draw(requests(cloud)))


@st.composite
def runnable_clouds(draw: st.DrawFn) -> Made:
    """A cloud an upgrade can be carried out on: every unit is defined, every host answers."""
    made = draw(clouds(releases=(*CLEAN, None)))
    there = {(one.component, one.host) for one in made.state.instances}
    missing = [
        agent(role.component, host.name, None, defined_release="8.1.5")
        for host in made.inventory.hosts
        for role in host.roles
        if (role.component, host.name) not in there
    ]
    state = seen(made.inventory, (*made.state.instances, *{m.key: m for m in missing}.values()))
    return replace(made, state=state)


@st.composite
def requests(draw: st.DrawFn, cloud: Inventory) -> Request:
    """Anything that may be asked of that cloud."""
    polling = [host.name for host, _ in cloud.with_role(Component.POLLING)]
    return request(
        api_after=draw(st.sampled_from(["database", "collector", "notification", "polling"])),
        batch_size=draw(st.integers(1, 3)),
        first=draw(st.sampled_from([None, *polling])),
    )


@st.composite
def done_of(draw: st.DrawFn, plan: Plan) -> list[str]:
    """Nodes of the plan that may have been carried out: with each, all it needs."""
    needs = {name: node.needs for name, node in plan_nodes(plan).items()}
    done: list[str] = []
    lazy = draw(st.integers(0, 4))
    for node in (n for stage in plan.stages for wave in stage.batches for n in wave):
        if set(needs[node]) <= set(done) and draw(st.integers(0, 9)) >= lazy:
            done.append(node)
    return done


@st.composite
def _agents(
    draw: st.DrawFn, host: str, component: Component, releases: tuple[str | None, ...]
) -> Instance | None:
    if draw(st.integers(0, 9)) == 0:
        return None
    release = draw(st.sampled_from(releases))
    made = agent(component, host, release, unit=UNITS[component])
    defined = draw(st.sampled_from(["8.1.5", "9.0.7"])) if release is None else release
    restart = draw(st.sampled_from(Restart))
    return replace(made, defined_release=defined, restart=restart)
