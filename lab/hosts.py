"""The root folder of a host: everything an operator would find on it."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import broker, credentials, database, small_services
from lab.clouds import METERS, PROGRAMS, Cloud, Host, Role
from lab.commands import SYSTEM_PATH
from lab.files import EXECUTABLE, PRIVATE, PUBLIC, link, rendered, write
from lab.overseer import SCRIPT_FOLDER, Program
from lab.settings import MARK, PORTS, Lab
from lab.wsgi import api_command, write_site

_LOGIN = '#!/bin/sh\ncd "$HOME" && exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n'
_WRAPPER = '#!/bin/sh\nexec {python} -m supervisor.supervisorctl -c {config} "$@"\n'
MAIN_CONFIG = "ceilometer.conf"
LIB = "var/lib/ceilometer"
_DONE = ".lab-complete"
_PRIORITY = {Role.POLLING: 1, Role.NOTIFICATION: 2, Role.COLLECTOR: 3, Role.API: 4}


def lay_out(lab: Lab, host: Host, releases: tuple[str, ...]) -> None:
    """Write a host as it is on the old release, with every release installed beside it."""
    root = lab.host(host)
    for folder in ("run", "bin", "tmp", "var/log/ceilometer", "var/log/apache2", LIB):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for release in releases:
        link(root / "opt" / "ceilometer" / release, lab.venv(release))
    write_login(lab, host)
    write_ceilometer(lab, host)
    write_supervisor(lab, host)
    if Role.API in host.roles:
        write_site(lab, host, lab.cloud.old)
    (root / _DONE).touch()


def ensure(lab: Lab, host: Host, releases: tuple[str, ...]) -> None:
    """Lay a host out unless it is; a release it does not have yet is added."""
    root = lab.host(host)
    if not (root / _DONE).is_file():
        lay_out(lab, host, releases)
    for release in releases:
        if not (root / "opt" / "ceilometer" / release).exists():
            link(root / "opt" / "ceilometer" / release, lab.venv(release))


def wipe(lab: Lab, host: Host) -> None:
    """Take away all an upgrade may have left on a host; nothing of it may be running."""
    root = lab.host(host)
    for entry in root.iterdir() if root.is_dir() else ():
        if entry.name != ".cache":
            _remove(entry)


def write_login(lab: Lab, host: Host, key: str | None = None) -> None:
    """Write sshd's configuration, the authorised key and the forced command."""
    root = lab.host(host)
    folder = root / "etc" / "ssh"
    write(folder / "login", _LOGIN, EXECUTABLE)
    write(folder / "authorized_keys", (lab.ssh / "id_ed25519.pub").read_text(), PRIVATE)
    text = rendered(
        "sshd_config",
        ip=host.ip,
        port=PORTS.ssh,
        root=root,
        name=host.name,
        mark=MARK,
        lab=lab.root,
        path=SYSTEM_PATH,
        key=lab.ssh / f"host-{key or host.name}",
    )
    write(folder / "sshd_config", text)


def write_ceilometer(lab: Lab, host: Host, *only: str) -> None:
    """Write etc/ceilometer: the services' own configuration, all of it or the files named."""
    etc = lab.host(host) / "etc" / "ceilometer"
    for name, text in ceilometer_files(lab, host, etc).items():
        if not only or name in only:
            write(etc / name, text, PRIVATE if name == MAIN_CONFIG else PUBLIC)


def ceilometer_files(lab: Lab, host: Host, etc: Path) -> dict[str, str]:
    """What is in each of the files, which the services find in the folder `etc`."""
    shared = {
        "name": host.name,
        "etc": etc,
        "transport_url": broker.transport_url(lab),
        "redis": small_services.redis_url(lab),
        "telemetry_secret": credentials.secret(lab, credentials.TELEMETRY),
    }
    if lab.cloud.database:
        old = {"ip": host.ip, "udp": PORTS.udp, "database": database.url(lab)}
        main = rendered(MAIN_CONFIG, partitioned=lab.cloud.partitioned, **old, **shared)
        names = ("pipeline.yaml", "event_pipeline.yaml", "api_paste.ini")
        rest = {name: rendered(name, etc=etc) for name in names}
    else:
        main = rendered("ceilometer-modern.conf", **shared)
        witness = f"file://{lab.witness(host)}"
        rest = {
            "pipeline.yaml": rendered("pipeline-modern.yaml", publisher=witness),
            "event_pipeline.yaml": rendered("event_pipeline.yaml", etc=etc),
        }
    return {MAIN_CONFIG: main, "polling.yaml": polling_yaml(lab.cloud, host, METERS), **rest}


def polling_yaml(cloud: Cloud, host: Host, meters: tuple[str, ...]) -> str:
    """A polling.yaml with one source: these meters of the host's own targets."""
    urls = [f"snmp://{target}:{PORTS.snmp}" for target in host.targets]
    resources, interval = _items(urls), cloud.interval_s
    return rendered("polling.yaml", interval=interval, meters=_items(meters), resources=resources)


def write_supervisor(lab: Lab, host: Host) -> None:
    """The host's supervisord, one program file per service, and supervisorctl in its PATH."""
    root = lab.host(host)
    config = root / "etc" / "supervisor" / "supervisord.conf"
    write(config, rendered("supervisord.conf", root=root, name=host.name))
    python = SCRIPT_FOLDER / "python"
    write(root / "bin" / "supervisorctl", _WRAPPER.format(python=python, config=config), EXECUTABLE)
    for role in host.roles:
        write_program(lab, host, role)


def write_program(lab: Lab, host: Host, role: Role, release: str = "") -> None:
    """The supervisor program of one service at one release, by default the first one."""
    root, release = lab.host(host), release or lab.cloud.old
    command = api_command(root) if role is Role.API else agent_command(root, role, release)
    text = rendered(
        "program.conf",
        program=PROGRAMS[role],
        command=command,
        root=root,
        priority=_PRIORITY[role],
    )
    write(lab.program(host, PROGRAMS[role]), text)


def sshd(lab: Lab, host: Host) -> Program:
    """The host's sshd, in the foreground."""
    config = lab.host(host) / "etc" / "ssh" / "sshd_config"
    return Program(f"sshd-{host.name}", ("/usr/sbin/sshd", "-D", "-e", "-f", str(config)))


def init(lab: Lab, host: Host) -> Program:
    """The host's supervisord, in the foreground. Never restarted blindly: it may leave orphans."""
    config = lab.host(host) / "etc" / "supervisor" / "supervisord.conf"
    command = (str(SCRIPT_FOLDER / "supervisord"), "-n", "-c", str(config))
    environment = {f"{MARK}_HOST": host.name, "HOME": str(lab.host(host))}
    return Program(f"init-{host.name}", command, environment, stop_seconds=90, restart=False)


def agent_command(root: Path, role: Role, release: str) -> str:
    """The command line of a service at one release, as the host itself sees its files."""
    name = PROGRAMS[role]
    words = [str(root / "opt" / "ceilometer" / release / "bin" / name)]
    if role is Role.POLLING:
        words += ["--polling-namespaces", "central"]
    words += ["--config-file", str(root / "etc" / "ceilometer" / "ceilometer.conf")]
    words += ["--log-file", str(root / "var" / "log" / "ceilometer" / f"{name}.log")]
    return " ".join(words)


def _items(values: list[str] | tuple[str, ...]) -> str:
    return "\n".join(f'          - "{value}"' for value in values)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
