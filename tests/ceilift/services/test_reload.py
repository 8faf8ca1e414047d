"""A reload by the real scripts in a real sh, with real processes; and the file read before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ceilift.clock import now
from ceilift.digest import digest
from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory
from ceilift.services.files import read_file, write_file
from ceilift.services.supervisor import Supervisor
from ceilift.services.systemd import Systemd

from .conftest import UNIT, LocalHost
from .supervised import DEFINITION, ask, defined
from .test_systemd import SERVICE

RELOADS = """\
#!/bin/sh
# A master whose worker ends at SIGHUP and is replaced, as cotyledon's does.
trap 'kill "$worker"; sleep 60 & worker=$!' HUP
sleep 60 &
worker=$!
while kill -0 "$worker"; do wait "$worker"; done
"""
DEAF = RELOADS.replace('kill "$worker"; sleep 60 & worker=$!', ":")
DIES = RELOADS.replace('kill "$worker"; sleep 60 & worker=$!', "exit 1")
ALONE = "#!/bin/sh\nexec sleep 60\n"


@dataclass
class Host:
    """A host with a running unit, and how it is reloaded."""

    local: LocalHost
    reload: Callable[[float], str]

    @property
    def pid(self) -> str:
        return self.local.fake("pid")


def patient(inventory: Inventory, agent: str) -> Inventory:
    """With time enough for a slow machine; not where nothing is to come of it."""
    seconds = inventory.services.stop_timeout_s if agent in {DEAF, ALONE} else 20
    services = inventory.services.model_copy(update={"stop_timeout_s": seconds})
    return inventory.model_copy(update={"services": services})


@pytest.fixture(params=["supervisor", "systemd"])
def running(request: pytest.FixtureRequest) -> Callable[[str], Host]:
    def supervised(agent: str) -> Host:
        host: LocalHost = request.getfixturevalue("host")
        defined(host, DEFINITION)
        host.release("8.1.5", agent)
        ask(host, "update")
        ask(host, "start")
        manager = Supervisor(patient(host.inventory, agent))
        return Host(host, lambda at: manager.reload(host.act(), host, "reload-1", UNIT, at))

    def by_systemd(agent: str) -> Host:
        host: LocalHost = request.getfixturevalue("systemd_host")
        host.release("8.1.5", agent)
        host.fake("root", str(host.root))
        host.fake("unit", SERVICE)
        host.file(f"etc/systemd/system/{SERVICE}", "[Service]\n")
        host.fake("command", f"{host.root}/opt/ceilometer/8.1.5/bin/agent")
        host.fake("conditions", "")
        host.run(f"systemctl start {SERVICE}")
        manager = Systemd(patient(host.inventory, agent))
        return Host(host, lambda at: manager.reload(host.act(), host, "reload-1", UNIT, at))

    return supervised if request.param == "supervisor" else by_systemd


def workers(pid: str) -> set[str]:
    """The children of that process."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if words[1] == pid and words[0] != "Z":
            found.add(stat.parent.name)
    return found


def until_worker(host: Host) -> set[str]:
    deadline = now() + 10
    while not (found := workers(host.pid)) and now() < deadline:
        pass
    return found


def test_every_worker_is_another_one_and_the_master_the_same(
    running: Callable[[str], Host],
) -> None:
    host = running(RELOADS)
    master, before = host.pid, until_worker(host)

    assert host.reload(0.0) == "reloaded"

    assert host.pid == master
    after = workers(master)
    assert after
    assert not before & after


def test_it_waits_for_the_moment_given(running: Callable[[str], Host]) -> None:
    host = running(RELOADS)
    until_worker(host)
    moment = now() + 1.0

    host.reload(moment)

    assert now() >= moment


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (DEAF, "has not replaced its workers"),
        (DIES, "its main process ended"),
        (ALONE, "has no workers"),
    ],
)
def test_an_agent_that_takes_no_reload_fails(
    running: Callable[[str], Host], agent: str, words: str
) -> None:
    host = running(agent)
    if agent != ALONE:
        until_worker(host)

    with pytest.raises(StepFailedError, match=words):
        host.reload(0.0)


def test_what_does_not_run_cannot_be_reloaded(host: LocalHost) -> None:
    defined(host)
    ask(host, "update")

    with pytest.raises(StepFailedError, match="it is STOPPED: nothing to reload"):
        Supervisor(host.inventory).reload(host.act(), host, "reload-1", UNIT)


def test_a_dry_run_only_says_so(host: LocalHost) -> None:
    defined(host)

    said = Supervisor(host.inventory).reload(host.act(dry=True), host, "reload-1", UNIT)

    assert said == f"would reload {UNIT}"


OLD = "sources: [] # the one before, with ü\n"


def test_a_former_content_is_read_where_it_stands_or_where_it_was_kept(host: LocalHost) -> None:
    path = host.file("etc/pipeline.yaml", OLD)
    read = (host, "drain-1", str(path), digest(OLD), "/none*")
    assert read_file(*read) == OLD

    write_file(host.act(), host, "write-1", str(path), "other", str(path))

    assert path.read_text(encoding="utf-8") == "other"
    assert read_file(*read) == OLD


def test_without_a_file_the_packaged_one_is_read(host: LocalHost) -> None:
    host.file("opt/9/lib/python3/data/pipeline.yaml", OLD)
    pattern = f"{host.root}/opt/9/lib/python*/data/pipeline.yaml"

    assert read_file(host, "drain-1", f"{host.root}/etc/pipeline.yaml", "", pattern) == OLD


def test_a_content_that_is_nowhere_is_a_failure(host: LocalHost) -> None:
    path = host.file("etc/pipeline.yaml", "changed by hand")

    with pytest.raises(StepFailedError, match="no longer has the content it had before"):
        read_file(host, "drain-1", str(path), digest(OLD), "/none*")
    with pytest.raises(StepFailedError, match="was not there"):
        read_file(host, "drain-1", str(path), "", "/none*")
