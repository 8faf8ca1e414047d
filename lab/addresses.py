"""Whether the lab's addresses are free for it."""

from __future__ import annotations

import socket

from lab.clouds import ALL_TARGETS, HOSTS, Role
from lab.errors import LabError, TimeUpError
from lab.settings import PORTS, Lab
from lab.waiting import until

_SHOWN = 4


def require_free(lab: Lab, within: float = 10) -> None:
    """LabError naming every address that another process listens on; the lab is down now.

    Waits a little: what has just been killed may take a moment to let go.
    """
    try:
        until(lambda: not _taken(lab), "the lab's addresses are free", within)
    except TimeUpError:
        taken = _taken(lab)
        shown = ", ".join(taken[:_SHOWN]) + (", …" if len(taken) > _SHOWN else "")
        raise LabError(
            f"another process listens on {shown}: perhaps the lab of another checkout. "
            "Stop it, or give this one a network of its own: CEILIFT_LAB_NET=127.67 (or .68, …)"
        ) from None


def _taken(lab: Lab) -> list[str]:
    return [f"{ip}:{port}" for ip, port, kind in _addresses(lab) if not _free(ip, port, kind)]


def _addresses(lab: Lab) -> list[tuple[str, int, socket.SocketKind]]:
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    own = (PORTS.amqp, PORTS.management, PORTS.erlang, PORTS.database, PORTS.redis)
    return [
        *((lab.services_ip, port, tcp) for port in own),
        *((host.ip, PORTS.ssh, tcp) for host in HOSTS),
        *((host.ip, PORTS.api, tcp) for host in HOSTS if Role.API in host.roles),
        *((target, PORTS.snmp, udp) for target in ALL_TARGETS),
    ]


def _free(ip: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as trial:
        if kind is socket.SOCK_STREAM:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((ip, port))
        except OSError:
            return False
    return True
