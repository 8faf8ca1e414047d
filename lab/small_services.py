"""Redis, for the polling groups, and one snmpd that answers as eight machines."""

from __future__ import annotations

import socket

from lab.clouds import ALL_TARGETS
from lab.files import rendered, write
from lab.overseer import Program
from lab.settings import PORTS, SERVICES_IP, Lab
from lab.waiting import until

REDIS_URL = f"redis://{SERVICES_IP}:{PORTS.redis}"


def redis(lab: Lab) -> Program:
    """Redis that keeps nothing on disk."""
    command = (
        "/usr/bin/redis-server",
        "--bind",
        SERVICES_IP,
        "--port",
        str(PORTS.redis),
        "--dir",
        str(lab.run),
        "--appendonly",
        "no",
        "--save",
        "''",
        "--protected-mode",
        "no",
        "--daemonize",
        "no",
    )
    return Program("redis", command)


def snmpd(lab: Lab) -> Program:
    """One snmpd on every target's address."""
    folder = lab.root / "snmpd"
    addresses = ",".join(f"udp:{target}:{PORTS.snmp}" for target in ALL_TARGETS)
    write(folder / "snmpd.conf", rendered("snmpd.conf", addresses=addresses))
    command = (
        "/usr/sbin/snmpd",
        "-f",
        "-Lo",
        "-C",
        "-c",
        str(folder / "snmpd.conf"),
        "-p",
        str(lab.run / "snmpd.pid"),
        "-I",
        "-smux",
    )
    environment = {"SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""}
    return Program("snmpd", command, environment)


def wait_for_redis() -> None:
    """Return when Redis answers PING."""
    until(lambda: ask_redis("PING").startswith("+PONG"), "Redis answers", within=15, every=0.05)


def forget_groups() -> None:
    """Empty Redis."""
    ask_redis("FLUSHALL")


def ask_redis(command: str) -> str:
    """The first bytes of Redis' answer, or nothing while it does not answer."""
    try:
        with socket.create_connection((SERVICES_IP, PORTS.redis), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(4096).decode()
    except OSError:
        return ""
