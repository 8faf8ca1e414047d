"""Redis, for the polling groups, and one snmpd that answers as every target."""

from __future__ import annotations

import socket

from lab.clouds import targets_in
from lab.files import rendered, write
from lab.overseer import Program
from lab.settings import PORTS, Lab
from lab.waiting import until


def redis_url(lab: Lab) -> str:
    """What tooz connects to."""
    return f"redis://{lab.services_ip}:{PORTS.redis}"


def redis(lab: Lab) -> Program:
    """Redis that keeps nothing on disk."""
    command = (
        "/usr/bin/redis-server",
        "--bind",
        lab.services_ip,
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
    addresses = ",".join(f"udp:{target}:{PORTS.snmp}" for target in targets_in(lab.cloud.network))
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


def wait_for_redis(lab: Lab) -> None:
    """Return when Redis answers PING."""

    def answers() -> bool:
        return ask_redis(lab, "PING").startswith("+PONG")

    until(answers, "Redis answers", within=15, every=0.05)


def forget_groups(lab: Lab) -> None:
    """Empty Redis."""
    ask_redis(lab, "FLUSHALL")


def ask_redis(lab: Lab, command: str) -> str:
    """The first bytes of Redis' answer, or nothing while it does not answer."""
    try:
        address = (lab.services_ip, PORTS.redis)
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(4096).decode()
    except OSError:
        return ""
