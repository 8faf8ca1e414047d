"""The files of a cloud of stand-ins: releases, hosts, keys and the inventory."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import yaml

from lab import credentials, hosts
from lab.clouds import METERS, PROGRAMS, Host
from lab.files import EXECUTABLE, PRIVATE, link, rendered, write
from lab.overseer import SCRIPT_FOLDER
from lab.settings import PORTS, PYTHON
from lab.standin.place import CLOUD, INTERVAL_S, RELEASES, WITNESS, Standin

_PROGRAMS = Path(__file__).parent / "programs"
_SITE = "lib/python3.11/site-packages"
_SCRIPTS = (*PROGRAMS.values(), "ceilometer-upgrade")
_RECORDED = ("mv", "rm", "supervisorctl", "mariadb-dump")
_NOBODY = "stand-in"  # the password of everything here
_LIBRARIES = {
    "oslo_log/log.py": "",
    "stevedore/extension.py": "class ExtensionManager: pass\n",
    "ceilometer/service.py": "def prepare_service(words): return None\n",
    "ceilometer/polling/manager.py": """\
from types import SimpleNamespace


class AgentManager:
    def _extensions(self, *words):
        return SimpleNamespace(extensions=[SimpleNamespace(name=name) for name in METERS])

    def _extensions_from_builder(self, *words):
        return SimpleNamespace(extensions=[])


METERS = {meters}
""",
}


def lay_out_shared(standin: Standin) -> None:
    """Write what lasts: keys, the releases, the inventory."""
    lab = standin.lab
    for folder in (lab.run, lab.logs, lab.ssh, lab.secrets):
        folder.mkdir(parents=True, exist_ok=True)
    write(lab.secrets / "broker", _NOBODY, PRIVATE)
    for release in RELEASES:
        _release(standin, release)
    credentials.make_ssh_keys(lab, standin.hosts, standin.ssh_port)
    text = yaml.safe_dump(inventory(standin), sort_keys=False)
    write(lab.inventory, text)


def lay_out_host(standin: Standin, host: Host) -> None:
    """Write a host as it is on the old release, with both installed."""
    root = standin.files(host)
    for folder in ("run", "bin", "tmp", "var/log"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    hosts.write_login(standin.lab, host)
    _tools(root)
    lay_out_releases(standin, host)
    config = root / "etc" / "supervisor" / "supervisord.conf"
    write(config, rendered("supervisord.conf", root=root, name=host.name))
    for role in host.roles:
        program, command = PROGRAMS[role], standin.command(host, role, RELEASES[0])
        text = rendered("standin-program.conf", program=program, command=command, root=root)
        write(standin.lab.program(host, program), text)


def lay_out_releases(standin: Standin, host: Host) -> None:
    """Write what does not depend on the process manager: both releases, their configuration."""
    root = standin.files(host)
    (root / hosts.LIB).mkdir(parents=True, exist_ok=True)
    for release in RELEASES:
        link(root / "opt" / "ceilometer" / release, standin.lab.venv(release))
    _configuration(standin, host)


def inventory(standin: Standin) -> dict[str, Any]:
    """The inventory, with short deadlines."""
    lab, first = standin.lab, standin.hosts[0]
    return {
        "cloud": CLOUD,
        "ssh": {
            "user": getpass.getuser(),
            "port": standin.ssh_port,
            "key_file": str(lab.ssh / "id_ed25519"),
            "known_hosts": str(lab.ssh / "known_hosts"),
        },
        "hosts": [_described(standin, host) for host in standin.hosts],
        "install": {"backend": "venv", "path": "{root}/opt/ceilometer/{release}"},
        "services": {
            "backend": "supervisor",
            "definition": "{root}/etc/supervisor/conf.d/{unit}.conf",
            "stop_timeout_s": 20,
        },
        "config": {"main": "{root}/etc/ceilometer/ceilometer.conf"},
        "database": {
            "url": f"mysql+pymysql://ceilometer@{standin.broker_ip}/ceilometer",
            "dbsync_host": first.name,
            "dbsync_timeout_s": 60,
            "backup": {
                "policy": "dump",
                "host": first.name,
                "folder": f"{standin.root(first)}/var/backups",
            },
        },
        "store": "ceilometer",
        "message_bus": {
            "management_url": standin.management,
            "user": "ceilometer",
            "password": {"file": str(lab.secrets / "broker")},
        },
        "telemetry": {"source": "file", "path": f"{{root}}/{WITNESS}"},
        "ledger": f"sqlite:///{lab.ledger}",
        "limits": {"publish_rate": 1000, "insert_rate": 1000},
        "gates": {"margin_s": 20},
    }


def _described(standin: Standin, host: Host) -> dict[str, Any]:
    roles = ["polling-central" if role == "polling" else str(role) for role in host.roles]
    return {
        "name": host.name,
        "address": host.ip,
        "root": standin.root(host),
        "roles": roles,
    }


def _release(standin: Standin, release: str) -> None:
    """An environment whose programs are stand-ins, with what a look reads of a release."""
    venv = standin.lab.venv(release)
    site = venv / _SITE
    (site / f"ceilometer-{release}.dist-info").mkdir(parents=True, exist_ok=True)
    write(venv / "pyvenv.cfg", f"home = {PYTHON.parent}\nversion = 3.11\n")
    write(site / "ceilometer" / "loaded", release)
    for name, text in _LIBRARIES.items():
        write(site / name, text.replace("{meters}", repr(METERS)))
    write(venv / "records", str(standin.records))
    link(venv / "bin" / "python", PYTHON)
    source = (_PROGRAMS / "agent.py").read_text(encoding="utf-8")
    for script in _SCRIPTS:
        write(venv / "bin" / script, f"#!{venv}/bin/python\n{source}", EXECUTABLE)


def _tools(root: Path) -> None:
    """Commands that change something, first in the host's PATH: they say so and do it."""
    text = (_PROGRAMS / "recorded.sh").read_text(encoding="utf-8")
    text = text.replace("$CEILIFT_PYTHON", str(SCRIPT_FOLDER / "python"))
    for name in _RECORDED:
        write(root / "bin" / name, f"#!/bin/sh\n{text}", EXECUTABLE)


def _configuration(standin: Standin, host: Host) -> None:
    etc = standin.files(host) / "etc" / "ceilometer"
    main = rendered(
        "standin-ceilometer.conf",
        name=host.name,
        ip=standin.broker_ip,
        port=PORTS.amqp,
        etc=f"{standin.root(host)}/etc/ceilometer",
    )
    write(etc / hosts.MAIN_CONFIG, main, PRIVATE)
    write(etc / "pipeline.yaml", rendered("standin-pipeline.yaml", published=standin.published))
    write(etc / "event_pipeline.yaml", rendered("event_pipeline.yaml"))
    write(etc / "polling.yaml", polling_file(host))


def polling_file(host: Host) -> str:
    """A polling.yaml of the host's own resources, polled every second."""
    urls = [f"snmp://{target}:161" for target in host.targets]
    meters, resources = (_items(values) for values in (METERS, urls))
    return rendered("polling.yaml", interval=INTERVAL_S, meters=meters, resources=resources)


def _items(values: tuple[str, ...] | list[str]) -> str:
    return "\n".join(f'          - "{value}"' for value in values)
