"""The draft says what was found, marks what was not, loads as an inventory, and holds no secret."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ceilift.component import Component
from ceilift.config_files import Options
from ceilift.discover.draft import draft
from ceilift.discover.found import Agent, Found
from ceilift.inventory import Inventory
from ceilift.inventory_file import parse_inventory
from ceilift.inventory_hosts import Host

MAIN = "/etc/ceilometer/ceilometer.conf"
FOLDER = "/opt/ceilometer/8.1.5"
CONF = """
[DEFAULT]
transport_url = rabbit://openstack:{0}@192.0.2.10:5672/telemetry,openstack:{0}@192.0.2.11:5672
{1}
[database]
connection = mysql+pymysql://ceilometer:{0}@192.0.2.10/ceilometer
[coordination]
backend_url = redis://:{0}@192.0.2.10:6379
"""


def agent(component: Component, unit: str, *namespaces: str, config: str = MAIN) -> Agent:
    return Agent(component, unit, namespaces, (config,), FOLDER, "8.1.5")


def found(name: str, *agents: Agent, hidden: str = "hush", more: str = "") -> Found:
    options = Options(CONF.format(hidden, more))
    return Found(Host(name=name, address=name), agents=agents, main=MAIN, options=options)


def read(text: str) -> Inventory:
    return parse_inventory(text, "draft", folder=Path("/nowhere"))


CONTROLLER = (
    agent(Component.COLLECTOR, "ceilometer-collector"),
    agent(Component.POLLING, "ceilometer-polling", "central"),
)


def test_what_was_found_stands_in_it() -> None:
    compute = agent(Component.POLLING, "ceilometer-agent-compute", "compute", "ipmi")

    made = read(draft("east", [found("ctl1", *CONTROLLER), found("cmp1", compute)], {}))

    assert made.cloud == "east"
    roles = {
        host.name: [(r.component, r.namespaces, r.unit) for r in host.roles] for host in made.hosts
    }
    assert roles == {
        "ctl1": [(Component.COLLECTOR, (), ""), (Component.POLLING, ("central",), "")],
        "cmp1": [(Component.POLLING, ("compute", "ipmi"), "ceilometer-agent-compute")],
    }
    assert made.install.path == "/opt/ceilometer/{release}"
    assert made.config.main == MAIN
    assert made.database is not None
    assert made.database.dbsync_host == made.database.backup.host == "ctl1"
    assert made.message_bus.management_url == "http://192.0.2.10:15672"
    assert (made.message_bus.user, made.message_bus.vhost) == ("openstack", "telemetry")
    assert made.coordination is not None
    assert made.coordination.url == "redis://192.0.2.10:6379"


def test_an_agent_with_a_file_of_its_own_keeps_it() -> None:
    odd = agent(Component.NOTIFICATION, "ceilometer-agent-notification", config="/etc/odd.conf")

    made = read(draft("east", [found("ctl1", *CONTROLLER, odd)], {}))

    assert [role.config for role in made.hosts[0].roles] == ["", "", "/etc/odd.conf"]


def test_where_samples_go_to_gnocchi_there_is_no_database() -> None:
    gnocchi = found("ctl1", *CONTROLLER, more="meter_dispatchers = gnocchi")

    made = read(draft("east", [gnocchi], {}))

    assert (made.database, made.store) == (None, "gnocchi")


def test_a_host_that_was_not_seen_is_there_and_marked() -> None:
    lost = Found(Host(name="cmp9", address="192.0.2.9"), problem="timed out\nafter 10 s")

    text = draft("east", [found("ctl1", *CONTROLLER), lost], {"user": "ops"})

    assert "TODO not seen: timed out after 10 s" in text
    made = read(text)
    assert made.hosts[1].roles == ()
    assert made.ssh.user == "ops"


def test_a_release_from_packages_is_told_and_left_to_the_operator() -> None:
    packaged = Agent(Component.COLLECTOR, "ceilometer-collector", (), (MAIN,), "/usr", "")

    text = draft("east", [found("ctl1", packaged)], {})

    assert "Found: ? in /usr" in text
    assert "TODO a folder for each release" in text


def test_a_served_api_is_a_role_and_its_web_server_a_question() -> None:
    host = Host(name="ctl1", address="ctl1")
    without, served = (
        draft("east", [Found(host, agents=CONTROLLER, api=api, main=MAIN)], {})
        for api in (False, True)
    )

    assert "TODO the API runs under a web server" in served
    assert read(served).hosts[0].roles[-1].component is Component.API
    assert "web server" not in without
    assert len(read(without).hosts[0].roles) == len(CONTROLLER)


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8, max_size=20))
def test_no_password_is_in_it(word: str) -> None:
    password = f"9Zq{word}"  # no word of the draft's own

    text = draft("east", [found("ctl1", *CONTROLLER, hidden=password)], {})

    assert password not in text
    assert text.count("env: CEILIFT_") == 3
    read(text)
