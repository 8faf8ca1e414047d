"""The hosts as running things: their sshd, their supervisord and what it runs."""

from __future__ import annotations

import signal

from lab import processes, small_services
from lab.clouds import PROGRAMS, Host, Role
from lab.errors import TimeUpError
from lab.progress import Progress
from lab.rpc import RUNNING, Supervisor
from lab.settings import Lab
from lab.waiting import until

_COMING = {RUNNING, "STARTING"}
_JOINED_WITHIN_S = 40
ONE_GROUP = "_tooz_group:central-global"


def supervisor(lab: Lab, host: Host) -> Supervisor:
    """The host's supervisord, running or not."""
    return Supervisor(lab.supervisor_socket(host))


def start(lab: Lab, main: Supervisor, progress: Progress) -> bool:
    """Start what does not run; says whether anything had to be started.

    Polling agents go first: their first poll comes two intervals after they
    have joined their groups, and the rest can load meanwhile. Until then the
    other services that were started here are held (SIGSTOP). Members of one
    group join one after the other: of two that join at the same moment neither
    may know of the other, and when one of them leaves, the other fails at every
    tick from then on (tooz.hashring.UnknownNode).
    """
    fresh = [host for host in lab.hosts if not supervisor(lab, host).alive()]
    for host in lab.hosts:
        main.start(_sshd(host))
    held: set[int] = set()
    for host in fresh:
        held |= _start_host(lab, main, host)
    if held:
        _release_when_polling_joined(lab, held, progress)
    revived = sum(_revive(lab, host) for host in lab.hosts)
    return bool(fresh) or bool(revived)


def kill(lab: Lab, main: Supervisor) -> None:
    """End all that runs on the hosts at once; only their sshds stay."""
    for host in lab.hosts:
        pid = main.pids().get(_init(host))
        if pid:
            processes.kill({pid})
        processes.kill(processes.of_host(lab, host))


def stop_login(main: Supervisor, host: Host) -> None:
    """Stop a host's sshd and cut the sessions it has open."""
    pid = main.pids().get(_sshd(host))
    sessions = processes.children(pid) if pid else set()
    main.stop(_sshd(host))
    processes.kill(sessions)


def start_login(main: Supervisor, host: Host) -> None:
    """Start a host's sshd."""
    main.start(_sshd(host))


def restart_login(main: Supervisor, host: Host) -> None:
    """Let a host's sshd take up its configuration; open sessions are cut."""
    stop_login(main, host)
    start_login(main, host)


def wake_all(lab: Lab) -> None:
    """Let go whatever an interrupted start may have left held."""
    for pid in processes.of_lab(lab):
        if processes.state(pid) == "T":
            processes.send(pid, signal.SIGCONT)


def _start_host(lab: Lab, main: Supervisor, host: Host) -> set[int]:
    """Start one host's services; gives those that are held until polling agents have joined."""
    processes.kill(processes.of_host(lab, host))
    members = _members(lab) if _shares(lab, host) else 0
    main.start(_init(host))
    until(supervisor(lab, host).alive, f"supervisord of {host.name} answers", within=20)
    held = _hold(lab, host)
    if _shares(lab, host):
        joined = f"the polling agent of {host.name} joins its group"
        until(lambda: _members(lab) > members, joined, _JOINED_WITHIN_S)
    return held


def _shares(lab: Lab, host: Host) -> bool:
    return lab.cloud.one_group and Role.POLLING in host.roles


def _members(lab: Lab) -> int:
    """How many fields the one group's entry has: one a member, and what tooz keeps beside."""
    return len(small_services.ask_redis(lab, f"HKEYS {ONE_GROUP}").split())


def _hold(lab: Lab, host: Host) -> set[int]:
    pids = supervisor(lab, host).pids()
    held = {pid for name, pid in pids.items() if name != PROGRAMS[Role.POLLING]}
    for pid in held:
        processes.send(pid, signal.SIGSTOP)
    return held


def _release_when_polling_joined(lab: Lab, held: set[int], progress: Progress) -> None:
    try:
        until(lambda: _polling_joined(lab), "polling agents join their groups", _JOINED_WITHIN_S)
        progress.say("polling agents have joined their groups")
    except TimeUpError as late:
        progress.say(f"{late}; going on")
    finally:
        for pid in held:
            processes.send(pid, signal.SIGCONT)


def _polling_joined(lab: Lab) -> bool:
    if lab.cloud.one_group:
        return bool(small_services.ask_redis(lab, f"KEYS {ONE_GROUP}"))
    polling = [host for host in lab.hosts if Role.POLLING in host.roles]
    groups = small_services.ask_redis(lab, "KEYS _tooz_group:central-*-global")
    return all(f"central-{host.name}-global" in groups for host in polling)


def _revive(lab: Lab, host: Host) -> int:
    """Start the programs that are down; returns how many."""
    there = supervisor(lab, host)
    downs = [name for name, state in there.states().items() if state not in _COMING]
    if downs:
        processes.kill(processes.orphans(lab, host))
    for name in downs:
        there.start(name)
    return len(downs)


def _sshd(host: Host) -> str:
    return f"sshd-{host.name}"


def _init(host: Host) -> str:
    return f"init-{host.name}"
