"""The inventory through which the product sees the lab: pure data, written as YAML."""

from __future__ import annotations

import getpass
from typing import Any

import yaml

from lab import broker, credentials, database, small_services
from lab.clouds import Host, Role
from lab.files import write
from lab.settings import PORTS, Lab

_HEAD = "# Written by `bin/lab up`: the local test cloud as Ceilift sees it.\n"
_BUSY = 200


def write_inventory(lab: Lab) -> None:
    """Write ``inventory.yaml`` into the lab's folder."""
    text = yaml.safe_dump(inventory(lab), sort_keys=False, allow_unicode=True)
    write(lab.inventory, _HEAD + text)


def inventory(lab: Lab) -> dict[str, Any]:
    """The whole inventory; secrets only as references to their files."""
    found = _everything(lab)
    if not lab.api_hosts:
        del found["wsgi"]
    if not lab.cloud.database:
        del found["database"]
        witness = "{root}/" + str(lab.witness(lab.hosts[0]).relative_to(lab.host(lab.hosts[0])))
        found |= {"store": "other", "telemetry": {"source": "file", "path": witness}}
    return found


def _everything(lab: Lab) -> dict[str, Any]:
    return {
        "cloud": "lab",
        "ssh": {
            "user": getpass.getuser(),
            "port": PORTS.ssh,
            "key_file": str(lab.ssh / "id_ed25519"),
            "known_hosts": str(lab.ssh / "known_hosts"),
        },
        "hosts": [_host(lab, host) for host in lab.hosts],
        "install": {"backend": "venv", "path": "{root}/opt/ceilometer/{release}"},
        "services": {
            "backend": "supervisor",
            "definition": "{root}/etc/supervisor/conf.d/{unit}.conf",
            "stop_timeout_s": 90,
        },
        "config": {"main": "{root}/etc/ceilometer/ceilometer.conf"},
        "wsgi": _wsgi(),
        "database": _database(lab),
        "store": "ceilometer",
        "message_bus": {
            "management_url": broker.management(lab),
            "user": broker.USER,
            "password": _secret(lab, credentials.RABBITMQ),
            "vhost": "/",
        },
        "coordination": {"url": small_services.redis_url(lab)},
        "telemetry": {"source": "database"},
        "ledger": f"sqlite:///{lab.ledger}",
        "limits": {"publish_rate": _BUSY, "insert_rate": _BUSY},
    }


def _host(lab: Lab, host: Host) -> dict[str, Any]:
    roles = ["polling-central" if role is Role.POLLING else str(role) for role in host.roles]
    return {"name": host.name, "address": host.ip, "root": str(lab.host(host)), "roles": roles}


def _wsgi() -> dict[str, Any]:
    return {
        "config": "{root}/etc/ceilometer/app.wsgi",
        "script": "{root}/etc/ceilometer/app.wsgi",
        "reload": [],
        "url": f"http://{{address}}:{PORTS.api}/v2/meters?limit=1",
    }


def _database(lab: Lab) -> dict[str, Any]:
    first = lab.hosts[0]
    place = f"{database.USER}@{lab.services_ip}:{PORTS.database}/{database.NAME}"
    return {
        "url": f"mysql+pymysql://{place}?charset=utf8",
        "password": _secret(lab, credentials.DATABASE),
        "dbsync_host": first.name,
        "dbsync_timeout_s": 120,
        "backup": {
            "policy": "dump",
            "host": first.name,
            "folder": str(lab.host(first) / "var" / "backups"),
        },
    }


def _secret(lab: Lab, name: str) -> dict[str, str]:
    return {"file": str(lab.secrets / name)}
