"""SSH to the hosts: one connection each for the whole run, host keys always verified."""

from __future__ import annotations

import shlex
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import paramiko

from ceilift.clock import Timeline, monotonic
from ceilift.errors import TransientError, UnreachableError
from ceilift.inventory import Host, Inventory
from ceilift.remote.failures import explain
from ceilift.remote.forwarding import forwarded
from ceilift.remote.login import Login, login_for
from ceilift.remote.shell import Result
from ceilift.secrets import SecretSource

CHANNELS = 4  # sshd allows 10 sessions, and 8 at once already trip it
KEEPALIVE_S = 15
CHUNK = 65536


class Connections:
    """The open connections to an inventory's hosts; opened when first used, closed together."""

    def __init__(self, inventory: Inventory, secrets: SecretSource, timeline: Timeline) -> None:
        self._inventory = inventory
        self._secrets = secrets
        self._timeline = timeline
        self._lock = threading.Lock()
        self._shells: dict[str, SshShell] = {}

    def __enter__(self) -> Connections:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def shell(self, name: str) -> SshShell:
        """The shell of a host of the inventory. Nothing is connected before its first use."""
        with self._lock:
            if name not in self._shells:
                host = self._inventory.host(name)
                login = login_for(self._inventory, host, self._secrets)
                jump = self._jump(login)
                self._shells[name] = SshShell(host, login, self._timeline, jump)
            return self._shells[name]

    def _jump(self, login: Login) -> SshShell | None:
        if login.proxy_jump is None:
            return None
        name = login.proxy_jump
        if name not in self._shells:
            host = self._inventory.host(name)
            inner = login_for(self._inventory, host, self._secrets)
            self._shells[name] = SshShell(host, inner, self._timeline, self._jump(inner))
        return self._shells[name]

    @contextmanager
    def tunnel(self, via: str, address: str, port: int) -> Iterator[tuple[str, int]]:
        """A local address that leads to `address:port` as the host `via` sees it."""
        with forwarded(self.shell(via).transport, (address, port)) as local:
            yield local

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for shell in self._shells.values():
                shell.close()
            self._shells.clear()


class SshShell:
    """A POSIX sh on one host over one SSH connection; see remote.shell.Shell."""

    def __init__(self, host: Host, login: Login, timeline: Timeline, jump: SshShell | None) -> None:
        self._host = host
        self._login = login
        self._timeline = timeline
        self._jump = jump
        self._opening = threading.Lock()
        self._slots = threading.BoundedSemaphore(CHANNELS)
        self._client: paramiko.SSHClient | None = None
        self._asks_password: bool | None = None

    @property
    def host(self) -> str:
        """The inventory's name of the host."""
        return self._host.name

    def run(self, script: str, *args: str, timeout_s: float = 30.0, become: bool = True) -> Result:
        """Run one script; see remote.shell.Shell."""
        with self._timeline.pending("remote", self.host), self._slots:
            try:
                if become and self._login.become:
                    return self._as_root(script, args, timeout_s)
                return self._exec(["sh", "-s", "--", *args], script, timeout_s)
            except (paramiko.SSHException, OSError, EOFError) as error:
                self._drop()
                raise explain(error, self._host, self._login) from None

    def transport(self) -> paramiko.Transport:
        """The live transport, connected if need be."""
        transport = self._connected().get_transport()
        if transport is None:
            raise TransientError(f"{self.host}: the connection is gone", host=self.host)
        return transport

    def close(self) -> None:
        """Close the connection, when there is one."""
        self._drop()

    def _as_root(self, script: str, args: tuple[str, ...], timeout_s: float) -> Result:
        command = ["sh", "-s", "--", *args]
        if self._asks_password is None:
            self._asks_password = not self._exec(["sudo", "-n", "true"], "", timeout_s).ok
        if not self._asks_password:
            return self._exec(["sudo", "-n", *command], script, timeout_s)
        password = self._login.sudo_password()
        if password is None:
            raise UnreachableError(
                f"{self.host}: sudo asks for a password and the inventory gives none (ssh.become.password)",
                host=self.host,
                kind="become",
            )
        result = self._exec(
            ["sudo", "-S", "-k", "-p", "", *command], f"{password.reveal()}\n{script}", timeout_s
        )
        if not result.ok and "incorrect password" in result.stderr:
            raise UnreachableError(
                f"{self.host}: sudo refused the password", host=self.host, kind="become"
            )
        return result

    def _exec(self, command: list[str], stdin: str, timeout_s: float) -> Result:
        begun = monotonic()
        channel = self.transport().open_session(timeout=self._login.connect_timeout_s)
        try:
            channel.exec_command(shlex.join(command))
            out, err = _converse(channel, stdin.encode(), begun + timeout_s)
            code = channel.recv_exit_status()
        except TimeoutError:
            message = f"{self.host}: no answer within {timeout_s:g} s"
            raise TransientError(message, host=self.host, kind="unreachable") from None
        finally:
            channel.close()
        return Result(
            code, out.decode(errors="replace"), err.decode(errors="replace"), monotonic() - begun
        )

    def _connected(self) -> paramiko.SSHClient:
        with self._opening:
            transport = self._client.get_transport() if self._client else None
            if self._client is None or transport is None or not transport.is_active():
                self._client = self._connect()
            return self._client

    def _connect(self) -> paramiko.SSHClient:
        login, client = self._login, paramiko.SSHClient()
        client.load_host_keys(login.known_hosts)
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(
            self._host.address,
            port=login.port,
            username=login.user,
            key_filename=login.key_file,
            sock=self._door(),
            timeout=login.connect_timeout_s,
            banner_timeout=login.connect_timeout_s,
            auth_timeout=login.connect_timeout_s,
            allow_agent=False,
            look_for_keys=False,
        )
        transport = client.get_transport()
        if transport is not None:
            transport.set_keepalive(KEEPALIVE_S)
        return client

    def _door(self) -> socket.socket | paramiko.Channel:
        """The socket to speak SSH on: our own, without Nagle's delay, or a channel of the jump host."""
        timeout = self._login.connect_timeout_s
        if self._jump is not None:
            there = (self._host.address, self._login.port)
            return self._jump.transport().open_channel(
                "direct-tcpip", there, ("127.0.0.1", 0), timeout=timeout
            )
        door = socket.create_connection((self._host.address, self._login.port), timeout=timeout)
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return door

    def _drop(self) -> None:
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None


def _converse(channel: paramiko.Channel, stdin: bytes, deadline: float) -> tuple[bytes, bytes]:
    """Send all of stdin while reading what comes back, until the command ended.

    Raises TimeoutError at the deadline.
    """
    sender = threading.Thread(target=_send, args=(channel, stdin), daemon=True)
    sender.start()
    out, err = bytearray(), bytearray()
    reader = threading.Thread(target=_drain, args=(channel.recv_stderr, err), daemon=True)
    reader.start()
    while True:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        channel.settimeout(left)
        chunk = channel.recv(CHUNK)
        if not chunk:
            break
        out += chunk
    reader.join(max(deadline - monotonic(), 0))
    if not channel.status_event.wait(max(deadline - monotonic(), 0)):
        raise TimeoutError
    return bytes(out), bytes(err)


def _send(channel: paramiko.Channel, data: bytes) -> None:
    try:
        channel.sendall(data)
        channel.shutdown_write()
    except OSError:
        return  # the command ended without reading all of it


def _drain(receive: object, into: bytearray) -> None:
    try:
        while chunk := receive(CHUNK):  # type: ignore[operator]
            into += chunk
    except OSError:
        return  # the deadline passed: what came so far is kept
