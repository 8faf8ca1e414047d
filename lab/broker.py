"""A private RabbitMQ with its management API."""

from __future__ import annotations

import shutil
from typing import Any
from urllib.parse import quote

import requests

from lab import credentials
from lab.files import PRIVATE, rendered, write
from lab.overseer import Program
from lab.settings import PORTS, Lab
from lab.waiting import until

USER = "ceilometer"


def management(lab: Lab) -> str:
    """The URL of its management API."""
    return f"http://{lab.services_ip}:{PORTS.management}"


def transport_url(lab: Lab) -> str:
    """What oslo.messaging connects to."""
    password = credentials.secret(lab, credentials.RABBITMQ)
    return f"rabbit://{USER}:{password}@{lab.services_ip}:{PORTS.amqp}/"


def program(lab: Lab) -> Program:
    """RabbitMQ, started without Debian's wrapper, which would change user."""
    home = lab.root / "rabbitmq"
    interface = "{" + lab.services_ip.replace(".", ",") + "}"
    environment = {
        "HOME": str(home),
        "RABBITMQ_NODENAME": "lab@localhost",
        "RABBITMQ_NODE_PORT": str(PORTS.amqp),
        "RABBITMQ_NODE_IP_ADDRESS": lab.services_ip,
        "RABBITMQ_DIST_PORT": str(PORTS.erlang),
        "ERL_EPMD_PORT": str(PORTS.epmd),
        "ERL_EPMD_ADDRESS": lab.services_ip,
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(lab.logs),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {interface}",
    }
    command = ("/usr/lib/rabbitmq/bin/rabbitmq-server",)
    return Program("rabbitmq", command, environment, stop_seconds=30, as_group=True)


def configure(lab: Lab) -> None:
    """Write its configuration; user and password are taken at the first start."""
    home = lab.root / "rabbitmq"
    text = rendered(
        "rabbitmq.conf",
        ip=lab.services_ip,
        amqp=PORTS.amqp,
        management=PORTS.management,
        user=USER,
        password=credentials.secret(lab, credentials.RABBITMQ),
    )
    write(home / "rabbitmq.conf", text, PRIVATE)
    write(home / "rabbitmq-env.conf", "")
    write(home / "enabled_plugins", "[rabbitmq_management].\n")


def wait_ready(lab: Lab) -> None:
    """Return when the management API knows the node and AMQP listens."""
    until(lambda: _ready(lab), "RabbitMQ answers (see log/rabbitmq.log)", within=90)


def ask(lab: Lab, path: str) -> Any:  # noqa: ANN401
    """GET of the management API."""
    answer = _session(lab).get(f"{management(lab)}/api/{path}", timeout=10)
    answer.raise_for_status()
    return answer.json()


def forget_everything(lab: Lab) -> None:
    """Delete every queue, and with it every message."""
    session = _session(lab)
    for queue in ask(lab, "queues"):
        address = f"{management(lab)}/api/queues/%2F/{quote(queue['name'], safe='')}"
        session.delete(address, timeout=10)


def forget(lab: Lab) -> None:
    """Delete its queues and messages while it is down."""
    shutil.rmtree(lab.root / "rabbitmq" / "mnesia", ignore_errors=True)


def _ready(lab: Lab) -> bool:
    try:
        return any(x["protocol"] == "amqp" for x in ask(lab, "overview")["listeners"])
    except (requests.RequestException, KeyError):
        return False


def _session(lab: Lab) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.auth = (USER, credentials.secret(lab, credentials.RABBITMQ))
    return session
