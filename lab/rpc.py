"""Talking to a supervisord through its unix socket."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.waiting import until

RUNNING = "RUNNING"
STOPPED = {"STOPPED", "EXITED", "FATAL"}
_NOT_RUNNING = 70
_ALREADY_STARTED = 60


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=90)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.close()
            raise


class _SocketTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = str(path)

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ANN401, ARG002
        return _SocketConnection(self._path)


class Supervisor:
    """The few calls the lab makes."""

    def __init__(self, path: Path) -> None:
        """Speak to the supervisord that listens on this socket."""
        self._path = path
        self._proxy = xmlrpc.client.ServerProxy(
            "http://localhost", transport=_SocketTransport(path), allow_none=True
        )

    def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401
        """One XML-RPC call; LabError when nobody answers."""
        try:
            return getattr(self._proxy, method)(*arguments)
        except (OSError, http.client.HTTPException) as error:
            raise LabError(f"no supervisord answers on {self._path}") from error

    def alive(self) -> bool:
        """Whether it answers and is not shutting down."""
        try:
            state = self.call("supervisor.getState")
        except LabError:
            return False
        return bool(state["statename"] == RUNNING)

    def states(self) -> dict[str, str]:
        """The state of every program by name."""
        return {p["name"]: p["statename"] for p in self.call("supervisor.getAllProcessInfo")}

    def pids(self) -> dict[str, int]:
        """The process id of every program that has one."""
        told = self.call("supervisor.getAllProcessInfo")
        return {p["name"]: p["pid"] for p in told if p["pid"]}

    def start(self, program: str) -> None:
        """Ask for a start and do not wait; a program that runs is left alone."""
        try:
            self.call("supervisor.startProcess", program, False)  # noqa: FBT003
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != _ALREADY_STARTED:
                raise LabError(f"{program}: {fault.faultString}") from fault

    def stop(self, program: str, within: float = 90) -> None:
        """Stop a program and wait until it has gone."""
        try:
            self.call("supervisor.stopProcess", program, False)  # noqa: FBT003
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != _NOT_RUNNING:
                raise LabError(f"{program}: {fault.faultString}") from fault
        until(lambda: self.states().get(program, "STOPPED") in STOPPED, f"{program} stops", within)

    def restart(self, program: str) -> None:
        """Stop, wait, start."""
        self.stop(program)
        self.start(program)
