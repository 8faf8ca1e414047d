"""The look for a plan: the operator's own files and the room for a release, in a real sh."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.digest import digest
from ceilift.host_files import HostFiles
from ceilift.probe.files import host_files, host_means
from ceilift.probe.files_script import FILES
from ceilift.probe.records import File, Records, parse
from tests.machine import Machine

CRON = """\
# ceilometer-db-legacy-clean once was here
0 1 * * * ceilometer ceilometer-expirer --config-file /etc/c.conf >>/var/log/ceilometer-api.log
"""
UNIT = """\
[Unit]
Description=calls ceilometer-send-sample now and then
After=ceilometer-collector.service
[Service]
ExecStartPre=/usr/bin/ceilometer-dbsync --debug
ExecStart=/usr/bin/true
"""
SECRETS = """\
[DEFAULT]
# debug = true
transport_url = rabbit://ceilometer:hunter2@192.0.2.1
[coordination]
backend-url: redis://:hunter2@192.0.2.2
  hunter2
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def kept(machine: Machine) -> Records:
    """What the look for a plan brings back of the operator's own files."""
    machine.file("etc/ceilometer/ceilometer.conf", "[DEFAULT]\ndebug = true\n")
    machine.file("etc/ceilometer/ceilometer-polling.conf", SECRETS)
    machine.file("etc/ceilometer/ceilometer.conf.d/10-own.conf", "[polling]\ncfg_file = x\n")
    machine.file("etc/ceilometer/rootwrap.conf", "[DEFAULT]\nuse_syslog = false\n")
    machine.file("etc/ceilometer/event_definitions.yaml", "[]\n")
    machine.file("etc/ceilometer/rootwrap.d/ipmi.filters", "[Filters]\n")
    machine.file("etc/ceilometer/meters.d/meters.yaml", "metric: []\n")
    machine.file("etc/cron.d/ceilometer", CRON)
    machine.file("var/spool/cron/crontabs/root", "5 * * * * su ceilometer -c 'ceilometer-status'\n")
    machine.file("etc/systemd/system/own.service", UNIT)
    machine.program("python3.7", "#!/bin/sh\nexit 1\n")
    (machine.programs / "python3").symlink_to(machine.programs / "python3.7")
    return machine.look(machine.described(backend="supervisor"), FILES)


def short(machine: Machine, path: str) -> str:
    return path.removeprefix(f"{machine.root}/")


def test_of_further_configuration_files_only_names_leave_the_host(
    machine: Machine, kept: Records
) -> None:
    found = host_files(kept, [f"{machine.root}/etc/ceilometer/ceilometer.conf"]).configs

    assert {short(machine, one.path): one.options for one in found} == {
        "etc/ceilometer/ceilometer.conf": ("[DEFAULT] debug",),
        "etc/ceilometer/ceilometer-polling.conf": (
            "[DEFAULT] transport_url",
            "[coordination] backend_url",
        ),
        "etc/ceilometer/ceilometer.conf.d/10-own.conf": ("[polling] cfg_file",),
    }
    assert "hunter2" not in repr(kept)


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("[database]\nconnection = mysql+pymysql://ceilo%40a:hunter2@192.0.2.3/c\n", "ceilo@a"),
        ("[database]\nconnection = sqlite:////x\nmetering_connection = mysql://m@h/c\n", "m"),
        ("[DEFAULT]\nconnection = mysql://wrong@h/c\n", ""),
        ("[database]\nconnection = mysql://[broken/c\n", ""),
    ],
)
def test_of_the_databases_address_the_account_alone_is_kept(text: str, user: str) -> None:
    records = replace(parse(""), files={"/etc/c.conf": File(text, 0)})

    found = host_files(records, ["/etc/c.conf", "/etc/other.conf"])

    assert found.database_user == user
    assert "hunter2" not in repr(found)


def test_data_files_are_told_by_their_digests(machine: Machine, kept: Records) -> None:
    assert {short(machine, path): value for path, value in kept.digests.items()} == {
        "etc/ceilometer/event_definitions.yaml": digest("[]\n"),
        "etc/ceilometer/meters.d/meters.yaml": digest("metric: []\n"),
        "etc/ceilometer/rootwrap.conf": digest("[DEFAULT]\nuse_syslog = false\n"),
        "etc/ceilometer/rootwrap.d/ipmi.filters": digest("[Filters]\n"),
    }


def test_programs_are_told_where_lines_that_are_run_call_them(
    machine: Machine, kept: Records
) -> None:
    assert {(short(machine, path), program) for path, program in kept.calls} == {
        ("etc/cron.d/ceilometer", "ceilometer-expirer"),
        ("var/spool/cron/crontabs/root", "ceilometer-status"),
        ("etc/systemd/system/own.service", "ceilometer-dbsync"),
    }


def test_what_a_release_would_find_is_told(kept: Records) -> None:
    means = host_means(kept)

    assert (means.python, means.venv) == ("3.7", False)
    assert means.install_free_bytes
    assert means.memory_available_bytes
    assert means.memory_available_bytes > 2**20


def test_a_host_without_any_of_it_is_told_without_complaint(machine: Machine) -> None:
    described = machine.described(backend="supervisor")
    install = described.install.model_copy(update={"python": "no-such-python"})

    found = machine.look(described.model_copy(update={"install": install}), FILES)

    assert host_files(found, []) == HostFiles()
    assert (host_means(found).python, host_means(found).venv) == ("", None)


def test_a_look_while_a_plan_is_carried_out_asks_for_less(machine: Machine, kept: Records) -> None:
    found = machine.look(machine.described(backend="supervisor"))

    assert kept.calls
    assert (found.calls, found.names, found.python) == ((), {}, "")


CONFIG = """\
[DEFAULT]
event_pipeline_cfg_file = /nowhere/events.yaml
pipeline_cfg_file = pipeline.yaml
pollsters_definitions_dirs = {root}/pollsters
[event]
definitions_cfg_file = own_events.yaml
[meter]
meter_definitions_dirs = {root}/meters
meter_definitions_dirs: {root}/no-meters
#[hardware]
#meter_definitions_file = /nowhere/snmp.yaml
"""
PIPES = "sinks: [{publishers: ['gnocchi://?resources_definition_file=own.yaml&x=y']}]"


def named(machine: Machine) -> set[tuple[str, str, str]]:
    found = machine.look(machine.described(backend="supervisor"), FILES)
    return {
        (one.option, short(machine, one.path), one.there) for one in host_files(found, []).named
    }


def test_what_options_name_is_looked_at_wherever_it_is(machine: Machine) -> None:
    machine.file("etc/ceilometer/ceilometer.conf", CONFIG.format(root=machine.root))
    machine.file("etc/ceilometer/own_events.yaml", "[]\n")
    machine.file("etc/ceilometer/pipeline.yaml", PIPES)
    machine.file("etc/ceilometer/ceilometer.conf.d/x.conf", "[x]\nrootwrap_config=rootwrap.conf\n")
    machine.file("etc/ceilometer/rootwrap.conf", "x")
    machine.file("meters/meters.yaml", "metric: []\n")
    machine.file("meters/own.yaml", "metric: [own]\n")
    machine.file("meters/README", "no definition")
    machine.file("pollsters/x.yaml", "- {}\n")

    assert named(machine) == {
        ("event_pipeline_cfg_file", "/nowhere/events.yaml", "missing"),
        ("pipeline_cfg_file", "etc/ceilometer/pipeline.yaml", "file"),
        ("pollsters_definitions_dirs", "pollsters", "folder"),
        ("pollsters_definitions_dirs", "pollsters/x.yaml", "file"),
        ("definitions_cfg_file", "etc/ceilometer/own_events.yaml", "file"),
        ("meter_definitions_dirs", "meters", "folder"),
        ("meter_definitions_dirs", "meters/meters.yaml", "file"),
        ("meter_definitions_dirs", "meters/own.yaml", "file"),
        ("meter_definitions_dirs", "no-meters", "missing"),
        ("rootwrap_config", "etc/ceilometer/rootwrap.conf", "file"),
        ("resources_definition_file", "own.yaml", "missing"),
    }


def test_a_named_file_is_told_by_its_digest(machine: Machine) -> None:
    machine.file("etc/ceilometer/ceilometer.conf", "[event]\ndefinitions_cfg_file=own.yaml\n")
    machine.file("etc/ceilometer/own.yaml", "- own\n")

    found = machine.look(machine.described(backend="supervisor"), FILES)

    (one,) = host_files(found, []).named
    assert one.digest == digest("- own\n")


def test_of_definitions_is_kept_what_they_use_of_the_data_models(machine: Machine) -> None:
    machine.file("etc/ceilometer/ceilometer.conf", "[event]\ndefinitions_cfg_file=own.yaml\n")
    machine.file("etc/ceilometer/own.yaml", "- {event_type: sahara.cluster.*, traits: {a: 1}}\n")
    machine.file("etc/ceilometer/meters.d/meters.yaml", "metric: [{event_type: trove.x}]\n")
    machine.file("etc/ceilometer/meters.d/mine.yaml", "metric: [{event_type: dns.x}]\n")
    machine.file("etc/ceilometer/gnocchi_resources.yaml", "resources: [{resource_type: own}]\n")
    machine.file("etc/ceilometer/rootwrap.conf", "- {event_type: nova.x}\n")

    found = host_files(machine.look(machine.described(backend="supervisor"), FILES), [])

    uses = {one.path: one.uses for one in found.data}
    uses |= {one.path: one.uses for one in found.named}
    assert {short(machine, path): names for path, names in uses.items()} == {
        "etc/ceilometer/own.yaml": ("exchange.sahara",),
        "etc/ceilometer/meters.d/meters.yaml": ("exchange.trove",),
        "etc/ceilometer/meters.d/mine.yaml": ("exchange.dns",),
        "etc/ceilometer/gnocchi_resources.yaml": ("gnocchi.own",),
        "etc/ceilometer/rootwrap.conf": (),
    }


@pytest.mark.skipif(os.getuid() != 0, reason="root alone can become another account")
def test_a_file_that_the_agents_cannot_read_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        machine = Machine(folder)
        machine.file(
            "etc/ceilometer/ceilometer.conf",
            "[event]\ndefinitions_cfg_file = a.yaml\n[hardware]\nmeter_definitions_file = b.yaml\n",
        )
        for one, mode in (("a.yaml", 0o600), ("b.yaml", 0o644)):
            machine.file(f"etc/ceilometer/{one}", "[]\n")
            (machine.root / "etc/ceilometer" / one).chmod(mode)
        before = {there for _, _, there in named(machine)}
        agent = subprocess.Popen(
            ["ceilometer-polling", "60"], executable="/bin/sleep", cwd=machine.root, user=65534
        )
        try:
            seen = named(machine)
        finally:
            agent.kill()
            agent.wait()

    assert before == {"file"}
    assert seen == {
        ("definitions_cfg_file", "etc/ceilometer/a.yaml", "closed"),
        ("meter_definitions_file", "etc/ceilometer/b.yaml", "file"),
    }
