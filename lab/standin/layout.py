"""The files of a cloud of stand-ins: releases, hosts, keys and the inventory."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import yaml

from lab import hosts
from lab.clouds import METERS, PROGRAMS, Host
from lab.commands import run
from lab.files import EXECUTABLE, PRIVATE, link, rendered, write
from lab.overseer import SCRIPT_FOLDER
from lab.settings import PORTS, PYTHON
from lab.standin.place import CLOUD, INTERVAL_S, RELEASES, Standin

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
        _release(lab.venv(release), release)
    _keys(standin)
    text = yaml.safe_dump(inventory(standin), sort_keys=False)
    write(lab.inventory, text)


def lay_out_host(standin: Standin, host: Host) -> None:
    """Write a host as it is on the old release, with both installed."""
    root = standin.lab.host(host)
    for folder in ("run", "bin", "tmp", "var/log", hosts.LIB):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for release in RELEASES:
        link(root / "opt" / "ceilometer" / release, standin.lab.venv(release))
    hosts.write_login(standin.lab, host)
    _tools(root)
    _configuration(standin, host)
    config = root / "etc" / "supervisor" / "supervisord.conf"
    write(config, rendered("supervisord.conf", root=root, name=host.name))
    for role in host.roles:
        program, command = PROGRAMS[role], standin.command(host, role, RELEASES[0])
        text = rendered("standin-program.conf", program=program, command=command, root=root)
        write(standin.lab.program(host, program), text)


def inventory(standin: Standin) -> dict[str, Any]:
    """The inventory, with short deadlines."""
    lab, first = standin.lab, standin.hosts[0]
    published = standin.published.relative_to(lab.host(first))
    return {
        "cloud": CLOUD,
        "ssh": {
            "user": getpass.getuser(),
            "port": PORTS.ssh,
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
                "folder": str(lab.host(first) / "var" / "backups"),
            },
        },
        "store": "ceilometer",
        "message_bus": {
            "management_url": standin.management,
            "user": "ceilometer",
            "password": {"file": str(lab.secrets / "broker")},
        },
        "telemetry": {"source": "file", "path": f"{{root}}/{published}"},
        "ledger": f"sqlite:///{lab.ledger}",
        "limits": {"publish_rate": 1000, "insert_rate": 1000},
        "gates": {"margin_s": 20},
    }


def _described(standin: Standin, host: Host) -> dict[str, Any]:
    roles = ["polling-central" if role == "polling" else str(role) for role in host.roles]
    return {
        "name": host.name,
        "address": host.ip,
        "root": str(standin.lab.host(host)),
        "roles": roles,
    }


def _release(venv: Path, release: str) -> None:
    """An environment whose programs are stand-ins, with what a look reads of a release."""
    site = venv / _SITE
    (site / f"ceilometer-{release}.dist-info").mkdir(parents=True, exist_ok=True)
    write(venv / "pyvenv.cfg", f"home = {PYTHON.parent}\nversion = 3.11\n")
    write(site / "ceilometer" / "loaded", release)
    for name, text in _LIBRARIES.items():
        write(site / name, text.replace("{meters}", repr(METERS)))
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
    etc = standin.lab.host(host) / "etc" / "ceilometer"
    main = rendered(
        "standin-ceilometer.conf",
        name=host.name,
        ip=standin.broker_ip,
        port=PORTS.amqp,
        etc=etc,
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


def _keys(standin: Standin) -> None:
    lab, lines = standin.lab, []
    for name in ("id_ed25519", *(f"host-{host.name}" for host in standin.hosts)):
        if not (lab.ssh / name).exists():
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.ssh / name])
    for host in standin.hosts:
        kind, key = (lab.ssh / f"host-{host.name}.pub").read_text().split()[:2]
        lines.append(f"[{host.ip}]:{PORTS.ssh} {kind} {key}\n")
    write(lab.ssh / "known_hosts", "".join(lines))
