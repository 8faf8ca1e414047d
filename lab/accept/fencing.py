"""An orphan acts after a takeover: its lease is lost, its host has seen a newer one."""

from __future__ import annotations

import signal
import subprocess
from contextlib import closing

from lab import overseer, processes
from lab.errors import TimeUpError
from lab.standin import life, records
from lab.standin.controller import Controller
from lab.waiting import until

GATE, NODE, HOST = "collector/all-stopped", "collector/start/ctl1", "ctl1"
PATIENCE_S = 900.0
LOOK_S = 0.002
REFUSED = "refused"


def fenced(controller: Controller, plan: str) -> str:
    """Let an engine lose its lease with an order on its way to a host; gives what went wrong.

    The order is held where a network would hold it: the host's end of the connection is stopped
    (SIGSTOP) before the intent is written, and then the engine. Another run takes over and ends.
    Let go, the order reaches the host, which must refuse it, and nothing is done twice.
    """
    standin = controller.standin
    life.renewed(standin)
    controller.serve()
    with controller.upgrading("full", plan) as orphan:
        _held(controller, orphan)
        sessions = _sessions(controller)
        try:
            records.let_expire(standin)
            said = controller.ceilift("resume", "--quiet", "--format", "json")
            before = records.done(standin)
        finally:
            _send({*sessions, orphan.pid}, signal.SIGCONT)
        orphan.communicate(timeout=PATIENCE_S)
    outcome = next((one.status for one in records.written(standin) if _is_order(one)), "none")
    if said.code != 0:
        return f"the takeover ended with {said.code}"
    if outcome != REFUSED:
        return f"the orphan's order ended as {outcome!r}"
    after = records.done(standin)
    return "" if after == before else f"it did {', '.join(after - before)}"


def _held(controller: Controller, orphan: subprocess.Popen[str]) -> None:
    """The order's intent is there, and neither its engine nor the host's end goes on."""
    with closing(records.Watched(controller.standin)) as ledger:

        def gate_passed() -> bool:
            if orphan.poll() is not None:
                raise TimeUpError(f"the upgrade ended before {GATE}")
            return any(one.node == GATE and one.status for one in ledger.written())

        def ordered() -> bool:
            return any(map(_is_order, ledger.written()))

        until(gate_passed, f"outcome of {GATE}", PATIENCE_S, LOOK_S)
        _send(_sessions(controller), signal.SIGSTOP)
        until(ordered, "the order's intent", PATIENCE_S, LOOK_S)
    _send({orphan.pid}, signal.SIGSTOP)


def _sessions(controller: Controller) -> set[int]:
    """The host's ends of the connections that are open."""
    pid = overseer.overseer(controller.standin.lab).pids()[f"sshd-{HOST}"]
    return processes.children(pid)


def _is_order(one: records.Written) -> bool:
    """Whether it is the command itself; the first intent of a node is the node's own."""
    return (one.node, one.host, one.nth) == (NODE, HOST, 1)


def _send(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        processes.send(pid, number)
