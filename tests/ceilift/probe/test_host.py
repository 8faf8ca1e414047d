"""From records to what a host is: real titles, real `systemctl show`, strays and containers."""

from __future__ import annotations

import base64

import pytest

from ceilift.component import Component
from ceilift.inventory import Inventory
from ceilift.probe.host import (
    Seen,
    component_of,
    host_state,
    likely_name,
    release_of,
    stored_names,
)
from ceilift.probe.records import Process, Records, parse
from ceilift.state import HostState, Instance, Restart
from tests import clouds

OLD, NEW = "/opt/ceilometer/8.1.5", "/opt/ceilometer/9.0.7"
LIBS = "/lib/python3.11/site-packages"
RELEASES = ("8.1.5", "9.0.7")
CONF = """\
[DEFAULT]
host = ctl1
[coordination]
backend_url = redis://:hunter2@192.0.2.1
[polling]
partitioning_group_prefix = ctl1
"""
POLLING = "{interval: 10, meters: [x], resources: ['snmp://192.0.2.7:161']}"


class Host:
    """What a probe prints of one host, put together line by line."""

    def __init__(self, backend: str = "supervisor") -> None:
        self.lines = ["clock\t5000.0", "boot\t1000\t100"]
        self.backend = backend

    def process(self, pid: int, title: str, loaded: str = OLD + LIBS, parent: int = 1) -> Host:
        stat = " ".join(["S", str(parent), *["0"] * 17, "10000"])
        self.lines.append(f"process\t{pid}\t{stat}\t{loaded}\t{title}")
        if loaded:
            version = "9.0.7" if loaded.startswith(NEW) else "8.1.5"
            self.lines.append(f"loaded\t{loaded}\tceilometer-{version}.dist-info\t900")
        return self

    def file(self, name: str, text: str) -> Host:
        self.lines.append(f"file\t{name}\t{base64.b64encode(text.encode()).decode()}\t950")
        return self

    def line(self, *fields: str) -> Host:
        self.lines.append("\t".join(fields))
        return self

    def program(self, unit: str, release: str = OLD, autostart: str = "true") -> Host:
        command = f"{release}/bin/{unit} --config-file /etc/ceilometer/ceilometer.conf"
        text = f"[program:{unit}]\ncommand={command}\nautostart={autostart}\n"
        return self.file(f"/etc/supervisor/conf.d/{unit}.conf", text)

    def state(self, **changes: object) -> HostState:
        described = self.inventory(**changes)
        records = parse("\n".join(self.lines) + "\n")
        return host_state(Seen(described, described.hosts[0], records, RELEASES), 0.5)

    def one(self, **changes: object) -> Instance:
        [found] = self.state(**changes).instances
        return found

    def inventory(self, **changes: object) -> Inventory:
        services = {"backend": self.backend, "definition": "/etc/supervisor/conf.d/{unit}.conf"}
        return clouds.inventory({"ctl1": ["collector"]}, services=services, **changes)


MASTER = f"ceilometer-collector: master process [{OLD}/bin/ceilometer-collector --config-file /etc/ceilometer/ceilometer.conf]"  # noqa: E501
WORKER = "ceilometer-collector: CollectorService worker(0)"
LOADING = (
    f"{OLD}/bin/python {OLD}/bin/ceilometer-collector --config-file /etc/ceilometer/ceilometer.conf"
)


@pytest.mark.parametrize("state", ["RUNNING", "STARTING", "STOPPING", "FATAL"])
def test_a_unit_is_what_its_processes_are_whatever_its_manager_calls_it(state: str) -> None:
    rest = "pid 20, uptime 0:00:05" if state == "RUNNING" else ""
    host = Host().program("ceilometer-collector").process(20, MASTER).process(21, WORKER, parent=20)

    found = host.line("unit", "ceilometer-collector", state, rest).one()

    assert (found.release, found.pids, found.started) == ("8.1.5", (20, 21), 1100.0)
    assert (found.defined_release, found.restart) == ("8.1.5", Restart.ENABLED)


def test_a_process_that_still_loads_belongs_to_its_unit() -> None:
    host = Host().program("ceilometer-collector").process(20, LOADING, loaded="")

    found = host.line("unit", "ceilometer-collector", "STARTING", "").one()

    assert (found.pids, found.release) == ((20,), "unknown")
    assert found.running


def test_a_stopped_unit_is_there_and_does_not_run() -> None:
    host = Host().program("ceilometer-collector", NEW, autostart="false")

    found = host.line("unit", "ceilometer-collector", "STOPPED", "Not started").one()

    assert (found.release, found.pids, found.running) == (None, (), False)
    assert (found.defined_release, found.restart) == ("9.0.7", Restart.PREVENTED)


def test_a_worker_left_by_a_killed_master_is_a_stray() -> None:
    host = Host().program("ceilometer-collector").process(21, WORKER)

    unit, stray = host.line("unit", "ceilometer-collector", "EXITED", "").state().instances

    assert (unit.unit, unit.release) == ("ceilometer-collector", None)
    assert (stray.unit, stray.component, stray.pids) == ("", Component.COLLECTOR, (21,))
    assert stray.release == "8.1.5"


def test_two_releases_under_one_unit_are_unknown() -> None:
    host = Host().program("ceilometer-collector").process(20, MASTER)
    host.process(21, WORKER, loaded=NEW + LIBS, parent=20)

    assert host.one().release == "unknown"


def test_a_container_is_seen_and_its_release_not_guessed() -> None:
    inside = "/usr/local" + LIBS
    host = Host().process(20, "/usr/bin/python3 /usr/local/bin/ceilometer-collector", loaded="")
    host.lines[-1] = host.lines[-1].replace("\t\t", f"\t{inside}\t")

    found = host.one()

    assert (found.unit, found.release, found.defined_release) == ("", "unknown", None)


def test_what_was_installed_over_a_running_process_is_not_what_it_runs() -> None:
    host = Host().program("ceilometer-collector").process(20, MASTER)
    host.lines = [line.replace("dist-info\t900", "dist-info\t4000") for line in host.lines]

    assert host.one().release == "unknown"


SHOWN = {
    "MainPID": "20",
    "LoadState": "loaded",
    "ActiveState": "active",
    "ExecStart": (
        f"{{ path={OLD}/bin/ceilometer-collector ; argv[]={OLD}/bin/ceilometer-collector"
        " --config-file /etc/ceilometer/ceilometer.conf ; ignore_errors=no ;"
        " start_time=[Sun 2026-11-22 19:43:14 UTC] ; stop_time=[n/a] ; pid=20 ; code=(null) ;"
        " status=0/0 }"
    ),
    "Environment": "PYTHONHASHSEED=0 LANG=C",
    "DropInPaths": "",
}


def systemd(**changes: str) -> Host:
    host = Host("systemd")
    for key, value in (SHOWN | changes).items():
        host.line("show", "ceilometer-collector", f"{key}={value}")
    return host


def test_a_unit_of_systemd() -> None:
    found = systemd().process(20, MASTER).process(21, WORKER, parent=20).one()

    assert (found.unit, found.component) == ("ceilometer-collector", Component.COLLECTOR)
    assert (found.release, found.defined_release, found.pids) == ("8.1.5", "8.1.5", (20, 21))
    assert found.restart is Restart.ENABLED
    assert found.config.hash_seed_fixed


def test_a_unit_that_we_stopped_is_prevented() -> None:
    drop_in = "/etc/systemd/system/ceilometer-collector.service.d/zz-ceilift-stopped.conf"
    found = systemd(ActiveState="inactive", MainPID="0", DropInPaths=drop_in).one()

    assert (found.running, found.restart) == (False, Restart.PREVENTED)


def test_a_unit_that_starts_nothing_of_ceilometer_is_none_of_ours() -> None:
    assert systemd(ExecStart="{ path=/bin/true ; argv[]=/bin/true ; }").state().instances == ()


def test_the_configuration_is_read_as_far_as_needed_and_no_secret_of_it_kept() -> None:
    host = Host().program("ceilometer-collector")
    host.file("/etc/ceilometer/ceilometer.conf", CONF)
    host.file("/etc/ceilometer/polling.yaml", f"sources: [{POLLING}]")

    found = host.one()

    assert (found.config.host_value, found.config.group_prefix) == ("ctl1", "ctl1")
    assert found.config.coordinated
    assert (found.config.interval_s, found.config.resources) == (10.0, ("snmp://192.0.2.7:161",))
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("name", "text", "sources", "fault"),
    [
        ("polling", "sources: [{name: a, interval: 5, meters: [x]}]", ("a",), ""),
        ("pipeline", "sources: [{name: a, interval: 5, meters: [x]}]", ("a",), ""),
        ("pipeline", "sources: [{name: a, meters: [x]}]", (), ""),
        ("polling", "sources: [{name: a, meters: [x]}]", (), "sources[0].interval: it is missing"),
        ("polling", "", (), "sources: they are missing"),
        ("unrelated", "", (), ""),
    ],
)
def test_the_polling_sources_are_those_of_the_file_that_counts(
    name: str, text: str, sources: tuple[str, ...], fault: str
) -> None:
    host = Host().program("ceilometer-collector").file("/etc/ceilometer/ceilometer.conf", CONF)

    config = host.file(f"/etc/ceilometer/{name}.yaml", text).one().config

    assert tuple(source.name for source in config.polling_sources) == sources
    assert config.polling_fault == fault
    there = f"/etc/ceilometer/{name}.yaml"
    assert config.polling_file == (there if sources or fault else "")


def test_an_empty_polling_file_does_not_give_way_to_the_pipeline() -> None:
    host = Host().program("ceilometer-collector").file("/etc/ceilometer/ceilometer.conf", CONF)
    host.file("/etc/ceilometer/pipeline.yaml", "sources: [{name: a, interval: 5, meters: [x]}]")

    assert host.file("/etc/ceilometer/polling.yaml", "").one().config.polling_sources == ()


def test_only_releases_installed_where_the_inventory_says_count() -> None:
    host = Host().line("installed", OLD, "ceilometer-8.1.5.dist-info")
    host.line("installed", NEW, "ceilometer-9.0.6.dist-info")

    assert host.state().installed == ("8.1.5",)


def test_what_else_a_look_tells() -> None:
    found = Host().line("tool", "mysqldump").line("free", "1024").state()

    assert (found.tools, found.backup_free_bytes, found.clock_skew_s) == (
        ("mysqldump",),
        1 << 20,
        0.5,
    )


API = "/etc/apache2/site.conf"


def test_the_api_is_what_its_daemons_have_loaded() -> None:
    host = Host().process(30, "(wsgi:ceilometer) -f /etc/apache2/apache2.conf", NEW + LIBS)

    found = host.file(API, f"WSGIDaemonProcess x python-home={OLD}\n").one()

    assert (found.component, found.release, found.defined_release) == (
        Component.API,
        "9.0.7",
        "8.1.5",
    )


def test_an_api_that_has_loaded_nothing_yet_is_what_is_configured() -> None:
    host = Host().process(30, "(wsgi:ceilometer) -f /etc/apache2/apache2.conf", loaded="")

    assert host.file(API, f"WSGIDaemonProcess x python-home={NEW}\n").one().release == "9.0.7"


@pytest.mark.parametrize(
    ("title", "component"),
    [
        (MASTER, Component.COLLECTOR),
        (WORKER, Component.COLLECTOR),
        (LOADING, Component.COLLECTOR),
        ("ceilometer-agent-notification: NotificationService worker(0)", Component.NOTIFICATION),
        ("ceilometer-polling: AgentManager worker(0)", Component.POLLING),
        ("/usr/bin/python2.7 /usr/bin/ceilometer-agent-compute --config-file x", Component.POLLING),
        ("(wsgi:ceilometer) -f /etc/apache2.conf", Component.API),
        ("vim /etc/ceilometer/ceilometer.conf", None),
        ("tail -f ceilometer-polling.log", None),
        ("grep ceilometer-polling", None),
        ("python", None),
        ("", None),
    ],
)
def test_which_component_a_process_is(title: str, component: Component | None) -> None:
    assert component_of(Process(1, 1, 0, "", title)) is component


def test_a_release_that_nobody_told_is_unknown() -> None:
    nothing = Records(None, (), {}, (), {}, {}, (), {}, None)

    assert release_of(Process(1, 1, 0, "/x", WORKER), nothing) == "unknown"


@pytest.mark.parametrize(
    ("resource", "names"),
    [
        ("snmp://192.0.2.7:161", {"snmp://192.0.2.7:161", "192.0.2.7"}),
        ("snmp://user@[2001:db8::1]:161", {"snmp://user@[2001:db8::1]:161", "2001:db8::1"}),
        ("ipmi-node", {"ipmi-node"}),
        ("snmp://[odd", {"snmp://[odd"}),
    ],
)
def test_the_names_under_which_samples_are_stored(resource: str, names: set[str]) -> None:
    assert stored_names(resource) == names


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("snmp://192.0.2.7:161", "192.0.2.7"),
        ("http://192.0.2.7/", "http://192.0.2.7/"),
        ("snmp://[::", "snmp://[::"),
        ("server-1", "server-1"),
    ],
)
def test_an_snmp_resource_is_likely_stored_by_its_address(resource: str, name: str) -> None:
    assert likely_name(resource) == name


def test_what_a_collector_stores_with_is_told() -> None:
    both = "[DEFAULT]\ndispatcher = file\nmeter_dispatchers = gnocchi\nmeter_dispatchers = http\n"
    host = Host().program("ceilometer-collector").file("/etc/ceilometer/ceilometer.conf", both)

    (found,) = host.state().instances

    assert found.config.dispatchers == ("gnocchi", "http", "file")


LOGINS = """\
[service_credentials]
auth-type = password
password = hunter2
project_name =
[gnocchi]
auth_section = own
[own]
auth_plugin = gnocchi-basic
user = admin
"""


def test_of_logins_the_kind_and_the_names_of_what_is_set_are_kept() -> None:
    host = Host().program("ceilometer-collector").file("/etc/ceilometer/ceilometer.conf", LOGINS)

    usual, gnocchi, dispatcher = host.one().config.credentials

    assert usual.file == "/etc/ceilometer/ceilometer.conf"
    assert (usual.auth_type, usual.given) == ("password", ("auth_type", "password"))
    assert (gnocchi.kept_in, gnocchi.auth_type) == ("own", "gnocchi-basic")
    assert (dispatcher.kept_in, dispatcher.auth_type) == ("service_credentials", "password")
    assert "hunter2" not in repr(host.one())
