"""Every fault of an nspawn host: seen from outside when it is there, and not when it is mended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from lab.clouds import Host
from lab.commands import run
from lab.errors import LabError
from lab.faults import in_force
from lab.nspawn import machine
from lab.nspawn.cgroups import group
from lab.nspawn.faults import CLOCK_S, FAULTS
from lab.nspawn.network_faults import DELAY_S
from lab.nspawn.place import Nspawn
from lab.waiting import until

from .nspawn_looks import Unit, lab_command, over_ssh

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

See = Callable[[Nspawn, Host], bool]
AGENT = "ceilometer-polling"


@pytest.fixture
def host(nspawn: Nspawn) -> Iterator[Host]:
    """The host that is broken; whatever a test left of a fault is mended."""
    host = nspawn.hosts[-1]
    yield host
    for fault in in_force(nspawn.lab).get(host.name, []):
        lab_command("mend", fault, host.name)
    machine.wait_for(nspawn, host)


def is_reached(place: Nspawn, host: Host) -> bool:
    try:
        return over_ssh(place, host, "echo there", within=8) == "there\n"
    except LabError:
        return False


def is_silent(place: Nspawn, host: Host) -> bool:
    return not is_reached(place, host)


def ping(place: Nspawn, host: Host, count: int = 100) -> tuple[int, float]:
    """How many of so many small packets were answered, and the shortest time one took (seconds)."""
    words = ["ping", "-q", "-c", str(count), "-i", "0.02", "-W", "1", host.ip]
    said = run([*place.entering, "sh", "-c", f"{' '.join(words)} || true"], within=60)
    answered = int(said.split(" received")[0].split()[-1])
    times = said.partition("min/avg/max/mdev = ")[2]
    return answered, float(times.split("/")[0]) / 1000 if times else 0.0


def loses_some(place: Nspawn, host: Host) -> bool:
    answered, _ = ping(place, host)
    return 5 < answered < 95


def is_slow(place: Nspawn, host: Host) -> bool:
    answered, shortest = ping(place, host, 20)
    return answered == 20 and 2 * DELAY_S <= shortest < 3 * DELAY_S


def takes_no_file(place: Nspawn, host: Host) -> bool:
    file = "/root/more"
    script = f"head -c 100000 /dev/zero >{file} 2>/dev/null; stat -c %b {file}; rm -f {file}"
    return int(machine.inside(place, host, "sh", "-c", script)) * 512 < 100000


def is_full(place: Nspawn, host: Host) -> bool:
    left = machine.inside(place, host, "df", "--output=avail", "/").split()[-1]
    return left == "0" and takes_no_file(place, host)


def is_read_only(place: Nspawn, host: Host) -> bool:
    script = "touch /root/x 2>&1 || true"
    return "Read-only file system" in machine.inside(place, host, "sh", "-c", script)


def clock_is_wrong(place: Nspawn, host: Host) -> bool:
    skew = float(over_ssh(place, host, "date +%s.%N")) - time.time()
    return abs(skew - CLOCK_S) < 10


def agent_is_killed(place: Nspawn, host: Host) -> bool:
    """By the kernel's own count, and as systemd tells of it; the host goes on."""
    unit = Unit(place, host, AGENT)
    counted = group(place, host).killed_for_memory() > 0
    told = unit.show("Result") in {"oom-kill", "signal"} or int(unit.show("NRestarts")) > 0
    return counted and told and is_reached(place, host)


def agent_is_down(place: Nspawn, host: Host) -> bool:
    return Unit(place, host, AGENT).active != "active"


BROKEN: dict[str, See] = {
    "death": lambda place, host: not machine.first_process(place, host),
    "freeze": is_silent,
    "link-down": is_silent,
    "drop": is_silent,
    "loss": loses_some,
    "delay": is_slow,
    "disk-full": is_full,
    "read-only": is_read_only,
    "oom": agent_is_killed,
    "clock": clock_is_wrong,
}
WHOLE: dict[str, See] = {
    "loss": lambda place, host: ping(place, host)[0] == 100,
    "delay": lambda place, host: ping(place, host, 20)[1] < DELAY_S,
    "disk-full": lambda place, host: not takes_no_file(place, host),
    "read-only": lambda place, host: not is_read_only(place, host),
    "oom": lambda place, host: not agent_is_down(place, host),
    "clock": lambda place, host: not clock_is_wrong(place, host),
}


def test_every_fault_is_tried_here() -> None:
    assert {*BROKEN, "reboot"} == set(FAULTS)


@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_a_fault_is_seen_and_then_it_is_mended(nspawn: Nspawn, host: Host, fault: str) -> None:
    broken, whole = BROKEN[fault], WHOLE.get(fault, is_reached)
    assert whole(nspawn, host)
    others = nspawn.hosts[:-1]

    lab_command("break", fault, host.name)

    until(lambda: broken(nspawn, host), f"{fault} is seen", 60, every=0.5)
    assert all(is_reached(nspawn, other) for other in others)
    with pytest.raises(LabError, match=f"{fault} is in force on {host.name}"):
        lab_command("break", fault, host.name)
    with pytest.raises(LabError, match="faults are in force"):
        lab_command("up", "--hosts", "nspawn")

    lab_command("mend", fault, host.name)

    until(lambda: whole(nspawn, host), f"{fault} is mended", 60, every=0.5)
    assert is_reached(nspawn, host)
    until(lambda: not agent_is_down(nspawn, host), "the agent runs", 60, every=0.5)


def test_a_reboot_is_one(nspawn: Nspawn, host: Host) -> None:
    first = machine.first_process(nspawn, host)
    began = ("systemctl", "show", "--value", "-p", "UserspaceTimestampMonotonic")
    before = int(machine.inside(nspawn, host, *began))

    lab_command("break", "reboot", host.name)
    lab_command("mend", "reboot", host.name)

    assert machine.first_process(nspawn, host) not in {0, first}
    assert int(machine.inside(nspawn, host, *began)) > before


@pytest.mark.usefixtures("nspawn")
def test_a_host_that_is_not_there_is_refused() -> None:
    with pytest.raises(LabError, match="no host is called 'moon'"):
        lab_command("break", "drop", "moon")
