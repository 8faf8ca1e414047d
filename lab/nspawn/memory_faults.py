"""A host whose memory is used up: the kernel kills its agents, whenever they come back."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from lab import processes
from lab.clouds import Host
from lab.commands import clean_environment
from lab.files import write
from lab.nspawn import machine
from lab.nspawn.cgroups import group
from lab.nspawn.place import Nspawn
from lab.settings import PYTHON
from lab.waiting import until

ROOM = 32 << 20  # bytes above what cannot be given up when it begins
LEFT = 4 << 20  # for logins, and too little for an agent
FIRST = 1000  # of all processes: whatever it is that eats the memory
KILLED_S = 90.0
DROP_IN = "etc/systemd/system/ceilometer-.service.d/lab-memory.conf"
_HOG = Path(__file__).parent / "hog.py"
_MARK = "CEILIFT_LAB_HOG"
_PROC = Path("/proc")


def use_up(place: Nspawn, host: Host) -> None:
    """Return when the first was killed: an agent, as long as there is one."""
    whole = group(place, host)
    agents = {pid for pid in whole.pids() if b"ceilometer" in _read(pid, "cmdline")}
    write(place.files(host) / DROP_IN, f"[Service]\nOOMScoreAdjust={FIRST}\n")
    machine.inside(place, host, "systemctl", "daemon-reload")
    for pid in agents:
        with contextlib.suppress(OSError):  # it has gone
            (_PROC / str(pid) / "oom_score_adj").write_text(str(FIRST))
    before = whole.killed_for_memory()
    whole.limit_memory(whole.memory_needed() + ROOM)
    most = ROOM + sum(_own(pid) for pid in agents) - LEFT
    words = [str(PYTHON), str(_HOG), *(str(path) for path in whole.memory_files()), str(most)]
    given = clean_environment(place.lab, **{_MARK: host.name})
    with (place.lab.logs / f"hog-{host.name}.log").open("wb") as said:
        subprocess.Popen(words, env=given, stdout=said, stderr=said, start_new_session=True)
    killed = f"a process of {host.name} is killed for its memory"
    until(lambda: whole.killed_for_memory() > before, killed, KILLED_S)


def give_back(place: Nspawn, host: Host) -> None:
    """As much memory as there is."""
    processes.kill(processes.of_environment(_MARK, host.name) & processes.of_lab(place.lab))
    group(place, host).limit_memory(None)
    (place.files(host) / DROP_IN).unlink(missing_ok=True)
    machine.inside(place, host, "systemctl", "daemon-reload")


def _own(pid: int) -> int:
    """The bytes that are a process's alone, and free when it has ended."""
    for line in _read(pid, "status").splitlines():
        if line.startswith(b"RssAnon:"):
            return int(line.split()[1]) << 10
    return 0


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""
