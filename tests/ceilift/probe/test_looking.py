"""A look at hosts: the script itself in a real sh, and what becomes of hosts that do not answer."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ceilift.errors import StepFailedError, TransientError, UnreachableError
from ceilift.probe import observe_hosts
from ceilift.probe.files_script import FILES
from ceilift.probe.script import END, PROBE
from ceilift.remote.shell import Result
from tests import clouds
from tests.fakes import FakeConnections, FakeShell
from tests.machine import Machine

SYSTEMCTL = """#!/bin/sh
[ "$1 $2" = "show ceilometer-collector.service" ] || exit 9
printf 'MainPID=0\\nLoadState=loaded\\nActiveState=inactive\\nEnvironment=\\nDropInPaths=\\n'
printf 'ExecStart={ path=/x ; argv[]=/opt/ceilometer/8.1.5/bin/ceilometer-collector --x ; }\\n'
"""
SUPERVISORCTL = """#!/bin/sh
echo 'ceilometer-collector             STOPPED   Not started'
echo 'ceilometer-polling               STARTING'
exit 3
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_script_reads_a_host_of_supervisor(machine: Machine) -> None:
    unit = "etc/supervisor/conf.d/ceilometer-collector.conf"
    machine.file(unit, "[program:ceilometer-collector]\n")
    machine.file("etc/supervisor/conf.d/nginx.conf", "[program:nginx]\n")
    machine.file("etc/ceilometer/ceilometer.conf", "[DEFAULT]\npipeline_cfg_file = /nowhere\n")
    machine.file("etc/ceilometer/pipeline.yaml", "sources: []\n")
    machine.file("etc/ceilometer/event_pipeline.yaml", "sources: []\n")
    machine.file("var/backups/ceilometer/x", "")
    machine.program("supervisorctl", SUPERVISORCTL)
    machine.program("pg_dump", "#!/bin/sh\n")

    found = machine.look(
        machine.described(
            backend="supervisor", definition="{root}/etc/supervisor/conf.d/{unit}.conf"
        )
    )

    assert (found.clock or 0) > 1e9
    assert {name.removeprefix(f"{machine.root}/") for name in found.files} == {
        unit,
        "etc/ceilometer/ceilometer.conf",
        "etc/ceilometer/pipeline.yaml",
        "etc/ceilometer/event_pipeline.yaml",
    }
    assert [(one.name, one.state) for one in found.units] == [
        ("ceilometer-collector", "STOPPED"),
        ("ceilometer-polling", "STARTING"),
    ]
    assert "pg_dump" in found.tools
    assert (found.free_bytes or 0) > 0
    assert found.processes == ()


def test_when_a_process_began_is_told_to_a_tenth_of_a_second(machine: Machine) -> None:
    """Joins are planned by it: the kernel's own time of boot is a whole second."""
    before = time.time()
    with subprocess.Popen(
        ["/bin/sh", "-c", "echo; read -r line", "ceilometer-polling"],
        cwd=machine.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        after = time.time()
        found = machine.look(machine.described(backend="supervisor"))
        process.kill()

    [seen] = found.processes
    assert before - 0.1 <= seen.started <= after + 0.1


@pytest.mark.parametrize("merged", [True, False])
def test_the_script_finds_units_of_systemd_where_packages_put_them(
    machine: Machine, *, merged: bool
) -> None:
    folder = "usr/lib/systemd/system" if merged else "lib/systemd/system"
    machine.file(f"{folder}/ceilometer-collector.service", "[Service]\n# ceilometer\n")
    machine.file(f"{folder}/nginx.service", "[Service]\n")
    if merged:
        (machine.root / "lib").symlink_to("usr/lib")
    machine.program("systemctl", SYSTEMCTL)

    named = "{root}/etc/systemd/system/{unit}.service"  # as an inventory that was drafted says
    found = machine.look(machine.described(backend="systemd", definition=named))

    assert list(found.files) == [f"{machine.root}/{folder}/ceilometer-collector.service"]
    [unit] = found.units
    assert (unit.name, unit.state, unit.pid, unit.enabled) == (
        "ceilometer-collector",
        "INACTIVE",
        None,
        True,
    )


POLLED = "2026-01-01 00:00:0{}.000 7 INFO polling [-] Polling pollster x in the context of y\n"


def test_a_unit_beside_another_is_found_by_its_name_and_polls_by_its_own_log(
    machine: Machine,
) -> None:
    """Its file begins with the other one's definition, and ends with what is new."""
    agent = "/opt/ceilometer/{}/bin/ceilometer-polling --log-file {}/polling.log{}"
    old, new = agent.format("8.1.5", machine.root, ""), agent.format("9.0.7", machine.root, "-new")
    folder = "etc/systemd/system"
    machine.file(f"{folder}/telemetry.service", f"[Service]\nExecStart={old}\n")
    text = f"[Service]\nExecStart={old}\n\n[Service]\nExecStart=\nExecStart={new}\n"
    machine.file(f"{folder}/telemetry-ceilift.service", text)
    machine.file("polling.log", POLLED.format(1))
    machine.file("polling.log-new", POLLED.format(2) + POLLED.format(3))
    machine.program("systemctl", "#!/bin/sh\n")
    described = machine.described(backend="systemd")
    role = described.hosts[0].roles[0].model_copy(update={"unit": "telemetry"})
    host = described.hosts[0].model_copy(update={"roles": (role,)})

    found = machine.look(described.model_copy(update={"hosts": (host,)}))

    polls = {Path(file).stem: len(moments) for file, moments in found.polled.items()}
    assert polls == {"telemetry": 1, "telemetry-ceilift": 2}


def test_the_script_finds_an_installed_release(machine: Machine) -> None:
    folder = "opt/ceilometer/8.1.5"
    machine.file(f"{folder}/lib/python3.11/site-packages/ceilometer-8.1.5.dist-info/METADATA", "")
    machine.file(f"{folder}/bin/python", "#!/bin/sh\n")
    described = machine.described(backend="supervisor").model_copy()
    described = described.model_copy(
        update={
            "install": described.install.model_copy(
                update={"path": "{root}/opt/ceilometer/{release}"}
            )
        }
    )
    assert machine.look(described).installed == {}

    (machine.root / folder / "bin/python").chmod(0o755)

    assert machine.look(described).installed == {f"{machine.root}/{folder}": "8.1.5"}


CONFIG = "[DEFAULT]\npipeline_cfg_file = own.yaml\n"


@pytest.mark.parametrize(
    ("unit", "there"),
    [
        ("ceilometer-agent-notification", {"own.yaml", "event_pipeline.yaml", "pipeline.yaml"}),
        ("ceilometer-polling", {"own.yaml"}),
    ],
)
def test_the_script_reads_the_pipelines_that_are_there_and_else_those_a_release_brings(
    machine: Machine, unit: str, there: set[str]
) -> None:
    data = "opt/9.0.7/lib/python3.11/site-packages/ceilometer/pipeline/data"
    for name in ("event_pipeline.yaml", "pipeline.yaml", "event_definitions.yaml"):
        machine.file(f"{data}/{name}", "sources: []\n")
    machine.file("etc/ceilometer/ceilometer.conf", CONFIG)
    machine.file("etc/ceilometer/own.yaml", "sources: []\n")
    machine.file(f"etc/supervisor/conf.d/{unit}.conf", f"[program:x]\ncommand={unit}\n")
    machine.program("supervisorctl", SUPERVISORCTL)
    described = machine.described(
        backend="supervisor", definition="{root}/etc/supervisor/conf.d/{unit}.conf"
    )
    install = described.install.model_copy(update={"path": f"{machine.root}/opt/9.0.7"})

    found = machine.look(described.model_copy(update={"install": install}))

    assert {name.rpartition("/")[2] for name in found.files if name.endswith(".yaml")} == there


INVENTORY = clouds.inventory({"ctl1": ["collector"], "ctl2": [], "ctl3": []})
SEEN = Result(0, "clock\t1000.0\n", "", 0.1)


def observed(*names: str, **answers: Any) -> Any:  # noqa: ANN401 - host states
    shells = {
        host.name: FakeShell(host.name, answers.get(host.name, SEEN)) for host in INVENTORY.hosts
    }
    connections: Any = FakeConnections(shells)
    return observe_hosts(connections, INVENTORY, ("8.1.5",), names or None)


def test_all_hosts_are_told_in_the_inventorys_order() -> None:
    assert [host.name for host in observed()] == ["ctl1", "ctl2", "ctl3"]
    assert [host.name for host in observed("ctl3", "ctl1")] == ["ctl1", "ctl3"]


def test_the_operators_files_are_looked_at_where_asked_and_in_the_same_round_trip() -> None:
    shells = {host.name: FakeShell(host.name, SEEN) for host in INVENTORY.hosts}
    connections: Any = FakeConnections(shells)

    observe_hosts(connections, INVENTORY, ("8.1.5",), ["ctl1"])
    observe_hosts(connections, INVENTORY, ("8.1.5",), ["ctl1"], files=True)

    less, more = (asked.script for asked in connections.asked)
    assert (less, more) == (PROBE + END, PROBE + FILES)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnreachableError("key changed", host="ctl1", kind="host-key"), "host-key"),
        (TransientError("timed out", host="ctl1"), "unreachable"),
        (StepFailedError("jumps in a circle"), "unreachable"),
    ],
)
def test_a_host_that_cannot_be_reached_is_told_with_its_reason(error: Exception, kind: str) -> None:
    first, *others = observed(ctl1=error)

    assert (first.reachable, first.problem_kind, first.problem) == (False, kind, str(error))
    assert all(host.reachable for host in others)


@pytest.mark.parametrize(
    "answer",
    [
        Result(127, "", "sh: not found\n", 0.1),
        Result(0, "", "", 0.1),
        Result(1, SEEN.stdout, "", 0.1),
    ],
)
def test_a_look_that_failed_is_no_empty_host(answer: Result) -> None:
    first, *_ = observed(ctl1=answer)

    assert not first.reachable
    assert "looking at it failed" in first.problem
