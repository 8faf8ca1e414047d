"""Which pollsters a release loads: the program in a made-up release, and what becomes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ceilift.errors import TransientError, UnreachableError
from ceilift.pollsters import PollstersSeen, PollstersWanted
from ceilift.probe.pollsters import observe_pollsters
from ceilift.probe.pollsters_script import MARK, SCRIPT
from ceilift.remote.shell import Result
from tests import clouds
from tests.fakes import FakeConnections, FakeShell

INVENTORY = clouds.inventory({"ctl1": ["polling-central"], "ctl2": ["polling-central"]})
OLD = PollstersWanted("ctl1", "8.1.5", ("central", "compute"))
NEW = PollstersWanted("ctl1", "9.0.7", ("central",), ("/etc/own.conf",))
OTHER = PollstersWanted("ctl2", "9.0.7", ("central",))


def told(*names: str, failed: tuple[str, ...] = (), fault: str = "") -> Result:
    answer = {"names": names, "failed": failed, "fault": fault}
    return Result(0, f"{MARK}an import prints\n\n{MARK}{json.dumps(answer)}\n", "", 0.1)


def observed(*wanted: PollstersWanted, **answers: Any) -> tuple[PollstersSeen, ...]:  # noqa: ANN401
    shells = {name: FakeShell(name, answer) for name, answer in answers.items()}
    connections: Any = FakeConnections(shells)
    return observe_pollsters(connections, INVENTORY, wanted)


def test_each_is_told_in_the_order_asked() -> None:
    found = observed(OLD, OTHER, NEW, ctl1=told("cpu"), ctl2=told("memory", failed=("x", "memory")))

    assert found == (
        PollstersSeen("ctl1", "8.1.5", ("central", "compute"), ("cpu",)),
        PollstersSeen("ctl2", "9.0.7", ("central",), ("memory",), ("x",)),
        PollstersSeen("ctl1", "9.0.7", ("central",), ("cpu",)),
    )
    assert observed() == ()


def test_a_release_is_asked_with_the_configuration_of_its_host() -> None:
    shell = FakeShell("ctl1", told("cpu"))
    connections: Any = FakeConnections({"ctl1": shell})

    observe_pollsters(connections, INVENTORY, [OLD, NEW])

    main = INVENTORY.path(INVENTORY.config.main, INVENTORY.hosts[0])
    assert [asked.args[0].rpartition("/")[2] for asked in shell.asked] == ["8.1.5", "9.0.7"]
    assert [asked.args[2:] for asked in shell.asked] == [
        ("central,compute", main),
        ("central", "/etc/own.conf"),
    ]
    assert all(asked.timeout_s > float(asked.args[1]) for asked in shell.asked)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (UnreachableError("key changed", host="ctl1"), "key changed"),
        (TransientError("timed out", host="ctl1"), "timed out"),
        (Result(3, "", "/opt/x has no bin/python\n", 0.1), "/opt/x has no bin/python"),
        (Result(1, "", "password hunter2\n", 0.1), "its Python gave no answer (exit code 1)"),
        (Result(0, f"{MARK}{{", "", 0.1), "its Python gave no answer (exit code 0)"),
        (Result(0, f"{MARK}[1]", "", 0.1), "its Python gave no answer (exit code 0)"),
        (told(fault="ValueError"), "loading its pollsters ended with ValueError"),
    ],
)
def test_what_cannot_be_told_has_its_reason_and_does_not_stop_the_others(
    answer: object, fault: str
) -> None:
    first, second = observed(OLD, OTHER, ctl1=answer, ctl2=told("cpu"))

    assert first == PollstersSeen("ctl1", "8.1.5", ("central", "compute"), fault=fault)
    assert second.names == ("cpu",)


# A release of three modules, with what it imports; it loads as Ceilometer's AgentManager does.
MODULES = {
    "oslo_log/__init__.py": "",
    "oslo_log/log.py": "def setup(*args): raise SystemExit('a log is opened')\n",
    "stevedore/__init__.py": "",
    "stevedore/extension.py": """\
class Entry:
    def __init__(self, name): self.name = name
class ExtensionManager:
    def __init__(self, namespace, on_load_failure_callback=None):
        self.extensions = [Entry(namespace + ".cpu"), Entry("shared")]
        on_load_failure_callback(self, Entry("broken"), ImportError("no libvirt"))
""",
    "ceilometer/__init__.py": "print('noise')\n",
    "ceilometer/service.py": """\
from oslo_log import log
def prepare_service(argv):
    assert argv == ["ceilometer-polling", "--config-file", "/a b.conf"], argv
    log.setup()
    return "conf"
""",
    "ceilometer/agent/__init__.py": "",
    "ceilometer/agent/manager.py": """\
from stevedore import extension
class AgentManager:
    def __init__(self): raise SystemExit("an agent is made")
    def _extensions(self, category, namespace, conf):
        assert (category, conf, self.conf) == ("poll", "conf", "conf")
        return extension.ExtensionManager(namespace, on_load_failure_callback=lambda *args: None)
    def _extensions_from_builder(self, category, namespace):
        if namespace == "hangs":
            while True: pass
        if namespace == "fails": raise KeyError("hunter2")
        return [extension.Entry("built")]
""",
    "ceilometer/dynamic.py": """\
    def create_dynamic_pollsters(self, namespaces):
        return [extension.Entry("dynamic." + namespaces[0])]
""",
}


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for name, text in MODULES.items():
        place = tmp_path / "lib" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={tmp_path}/lib exec "{sys.executable}" -W ignore "$@"\n'
    )
    program.chmod(0o755)
    return tmp_path


def asked(folder: Path, namespaces: str, deadline: str = "20") -> Result:
    done = subprocess.run(
        ["sh", "-s", "--", str(folder), deadline, namespaces, "/a b.conf"],
        input=SCRIPT,
        text=True,
        capture_output=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr, 0.1)


def test_the_program_loads_as_the_agent_would_and_leaves_nothing_behind(release: Path) -> None:
    before = sorted(release.rglob("*"))

    [found] = observed(NEW, ctl1=asked(release, "central,compute"))

    assert found.names == ("built", "central.cpu", "compute.cpu", "shared")
    assert found.failed == ("broken",)
    assert sorted(release.rglob("*")) == before


def test_dynamic_pollsters_are_loaded_where_the_release_has_them(release: Path) -> None:
    with (release / "lib/ceilometer/agent/manager.py").open("a") as file:
        file.write(MODULES["ceilometer/dynamic.py"])

    assert "dynamic.central" in observed(NEW, ctl1=asked(release, "central"))[0].names


def test_an_agent_that_could_not_start_is_told_without_what_its_error_says(release: Path) -> None:
    [found] = observed(NEW, ctl1=asked(release, "fails"))

    assert found.fault == "loading its pollsters ended with KeyError"


def test_the_program_ends_itself_at_its_deadline(release: Path) -> None:
    [found] = observed(NEW, ctl1=asked(release, "hangs", deadline="1"))

    assert found.fault.startswith("its Python gave no answer")


def test_a_folder_without_a_python_is_told(tmp_path: Path) -> None:
    [found] = observed(NEW, ctl1=asked(tmp_path, "central"))

    assert found.fault == f"{tmp_path} has no bin/python"
