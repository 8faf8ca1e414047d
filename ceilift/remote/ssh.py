"""SSH to the hosts: one connection each for the whole run, host keys always verified."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import paramiko

from ceilift.clock import Timeline, monotonic
from ceilift.errors import StepFailedError, TransientError, UnreachableError
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import Host
from ceilift.remote.command import Way, command_line, label, overran, standard_input
from ceilift.remote.conversation import converse
from ceilift.remote.failures import explain, jump_circle
from ceilift.remote.forwarding import forwarded
from ceilift.remote.key import private_key
from ceilift.remote.login import Login, login_for
from ceilift.remote.shell import Result
from ceilift.secrets import SecretSource

CHANNELS = 4  # sshd allows 10 sessions, and 8 at once already trip it
KEEPALIVE_S = 15
GRACE_S = 5.0  # the host ends an overlong script itself; we close the channel this much later
LOG = "ceilift.paramiko"
logging.getLogger(LOG).setLevel(logging.CRITICAL + 1)  # its tracebacks: we say it in words
NO_STATUS = -1
WAY = """\
if [ "$(id -u)" = 0 ]; then echo root
elif sudo -k -n true 2>/dev/null; then echo sudo
else echo password; fi
"""


class Connections:
    """The open connections to an inventory's hosts; opened when first used, closed together."""

    def __init__(self, inventory: Inventory, secrets: SecretSource, timeline: Timeline) -> None:
        self._inventory = inventory
        self._secrets = secrets
        self._timeline = timeline
        self._lock = threading.Lock()
        self._shells: dict[str, SshShell] = {}

    def __enter__(self) -> Self:
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
            return self._shell(name, ())

    def _shell(self, name: str, before: tuple[str, ...]) -> SshShell:
        if name in before:
            raise jump_circle((*before, name))
        if name not in self._shells:
            host = self._inventory.host(name)
            login = login_for(self._inventory, host, self._secrets)
            jump = self._shell(login.proxy_jump, (*before, name)) if login.proxy_jump else None
            self._shells[name] = SshShell(host, login, self._timeline, jump)
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
        self._way: Way | None = None

    @property
    def host(self) -> str:
        """The inventory's name of the host."""
        return self._host.name

    def run(self, script: str, *args: str, timeout_s: float = 30.0, become: bool = True) -> Result:
        """Run one script; see remote.shell.Shell."""
        words = f"{self.host}: {label(script)}"
        with self._slots, self._timeline.pending("remote", words):
            way = self._way_to_root() if become and self._login.become else Way.AS_LOGIN
            return self._exec(way, script, args, timeout_s)

    def transport(self) -> paramiko.Transport:
        """The live transport, connected if need be."""
        return _transport(self._connected())

    def close(self) -> None:
        """Close the connection, when there is one."""
        self._drop()

    def _way_to_root(self) -> Way:
        """Found out once for each host: as root already, by sudo, or by sudo with a password."""
        if self._way is None:
            found = self._exec(Way.AS_LOGIN, WAY, (), self._login.connect_timeout_s).stdout.strip()
            way = {"root": Way.AS_LOGIN, "sudo": Way.SUDO}.get(found, Way.SUDO_PASSWORD)
            if way is Way.SUDO_PASSWORD:
                self._try_password()
            self._way = way
        return self._way

    def _try_password(self) -> None:
        """Find out before anything is done whether sudo takes the password."""
        if self._login.sudo_password() is None:
            raise self._no_root(
                "sudo asks for a password and the inventory gives none (ssh.become.password)"
            )
        if not self._exec(Way.SUDO_PASSWORD, "", (), self._login.connect_timeout_s).ok:
            raise self._no_root("sudo refused the password, or there is no sudo")

    def _no_root(self, what: str) -> UnreachableError:
        return UnreachableError(f"{self.host}: {what}", host=self.host, kind="become")

    def _exec(self, way: Way, script: str, args: tuple[str, ...], timeout_s: float) -> Result:
        password = self._login.sudo_password() if way is Way.SUDO_PASSWORD else None
        stdin = standard_input(way, script, password.reveal() if password else None)
        channel = self._channel()
        begun = monotonic()
        late = threading.Timer(timeout_s + GRACE_S, _close, (channel,))
        late.daemon = True
        late.start()
        try:
            channel.exec_command(command_line(way, args, timeout_s))
            out, err = converse(channel, stdin.encode())
        except (paramiko.SSHException, OSError, EOFError) as error:
            out, err = bytearray(), bytearray(str(error).encode())
        finally:
            late.cancel()
            _close(channel)
        seconds = monotonic() - begun
        self._check(channel.exit_status, seconds, timeout_s)
        words = (out.decode(errors="backslashreplace"), err.decode(errors="backslashreplace"))
        return Result(channel.exit_status, *words, seconds)

    def _check(self, code: int, seconds: float, timeout_s: float) -> None:
        """Raise TransientError when the deadline passed or the connection broke."""
        if overran(code, seconds, timeout_s):
            what = f"did not end within {timeout_s:g} s and was ended"
        elif code == NO_STATUS and seconds >= timeout_s:
            what = f"no answer within {timeout_s:g} s"
        elif code == NO_STATUS:
            what = "the connection broke while a script ran: how it ended is not known"
        else:
            return
        raise TransientError(f"{self.host}: {what}", host=self.host)

    def _channel(self) -> paramiko.Channel:
        """A new session; on a connection that has died meanwhile, a new connection first."""
        timeout = self._login.connect_timeout_s
        client = self._connected()
        try:
            return _transport(client).open_session(timeout=timeout)
        except (paramiko.SSHException, OSError, EOFError) as error:
            if isinstance(error, paramiko.ChannelException):
                raise self._explained(error) from None
            self._drop(client)
        try:
            return self.transport().open_session(timeout=timeout)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> StepFailedError:
        return explain(error, self._host, self._login)

    def _connected(self) -> paramiko.SSHClient:
        with self._opening:
            transport = self._client.get_transport() if self._client else None
            if self._client is None or transport is None or not transport.is_active():
                try:
                    self._client = self._connect()
                except (paramiko.SSHException, OSError, EOFError) as error:
                    raise self._explained(error) from None
            return self._client

    def _connect(self) -> paramiko.SSHClient:
        login, client = self._login, paramiko.SSHClient()
        client.set_log_channel(LOG)
        client.load_host_keys(login.known_hosts)
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(
            self._host.address,
            port=login.port,
            username=login.user,
            key_filename=login.key_file,
            pkey=private_key(login),
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
        """The socket to speak SSH on: ours, without Nagle's delay, or a channel of the jump."""
        timeout = self._login.connect_timeout_s
        if self._jump is not None:
            there = (self._host.address, self._login.port)
            return self._jump.transport().open_channel(
                "direct-tcpip", there, ("127.0.0.1", 0), timeout=timeout
            )
        door = socket.create_connection((self._host.address, self._login.port), timeout=timeout)
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return door

    def _drop(self, only: paramiko.SSHClient | None = None) -> None:
        """Close the connection, if it is still that one."""
        with self._opening:
            if self._client is not None and only in (None, self._client):
                self._client.close()
                self._client = None


def _transport(client: paramiko.SSHClient) -> paramiko.Transport:
    transport = client.get_transport()
    if transport is None:
        raise EOFError("the connection is gone")
    return transport


def _close(channel: paramiko.Channel) -> None:
    """End it; where the connection broke meanwhile, there is nothing left to end."""
    with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
        channel.close()
