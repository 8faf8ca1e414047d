"""Up, down, reset: the life of the lab as a whole."""

from __future__ import annotations

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from lab import (
    addresses,
    broker,
    credentials,
    database,
    faults,
    fleet,
    hosts,
    inventory_file,
    overseer,
    packages,
    processes,
    readiness,
    releases,
    small_services,
    traffic,
)
from lab.clouds import Cloud
from lab.errors import LabError
from lab.progress import Progress
from lab.rpc import Supervisor
from lab.settings import Lab
from lab.waiting import until


def chosen(lab: Lab, wanted: Cloud) -> Lab:
    """The lab as that cloud, with nothing of the former; LabError while it runs as another.

    The choice is written last: interrupted before, the same command begins again.
    """
    if lab.cloud == wanted:
        return lab
    if overseer.overseer(lab).alive():
        raise LabError(f"the lab is up as another cloud ({lab.cloud.name}): type bin/lab down")
    lab.sent_log.unlink(missing_ok=True)
    faults.forget(lab)
    for path in lab.root.glob(f"{lab.ledger.name}*"):
        path.unlink()
    for host in lab.hosts:
        hosts.wipe(lab, host)
    database.forget(lab)
    broker.forget(lab)
    return lab.choose(wanted)


def up(lab: Lab, wanted: tuple[str, ...], progress: Progress) -> None:
    """Bring the lab up, whatever state it is in; return when data flows through it.

    What runs is left alone, an upgraded host stays upgraded, what is missing
    is started, what is broken is repaired. On failure the lab stays as far as
    it came and ``up`` can be typed again.
    """
    _refuse_faults(lab)
    main = _prepare(lab, progress)
    began = readiness.now()
    with ThreadPoolExecutor() as pool:
        services = pool.submit(_start_services, lab, main, progress)
        _install(lab, wanted, pool, progress)
        for host in lab.hosts:
            hosts.ensure(lab, host, wanted)
        started = _start_fleet(lab, main, services, progress)
    _wait_ready(lab, began if started else None, progress)


def reset(lab: Lab, progress: Progress, polls: int = readiness.LEARNABLE) -> None:
    """Back to every service on the first release, with an empty database and empty queues.

    Works from any state, also when the lab is down. The generator is stopped
    and its log deleted. Returns when every target was polled that often.
    """
    main = _prepare(lab, progress)
    installed = lab.cloud.releases
    with ThreadPoolExecutor() as pool:
        services = pool.submit(_start_services, lab, main, progress)
        _install(lab, installed, pool, progress)
        with progress.step("hosts stopped"):
            traffic.forget(lab)
            fleet.kill(lab, main)
        faults.forget(lab)
        for host in lab.hosts:
            hosts.wipe(lab, host)
            hosts.lay_out(lab, host, installed)
            fleet.restart_login(main, host)
        services.result()
        with progress.step("queues, groups and database are as new"):
            _forget_data(lab)
        began = readiness.now()
        _start_fleet(lab, main, services, progress)
    _wait_ready(lab, began, progress, polls)


def down(lab: Lab, progress: Progress, *, purge: bool) -> None:
    """Stop every process of the lab; afterwards none is left."""
    main = overseer.overseer(lab)
    if main.alive():
        pid = main.call("supervisor.getPID")
        with progress.step("services stopped"):
            for host in lab.hosts:
                fleet.stop_login(main, host)
            fleet.kill(lab, main)
            main.call("supervisor.shutdown")
            until(lambda: not processes.alive(pid), "the lab's supervisord ends", within=90)
    processes.kill(processes.of_lab(lab))
    if purge and lab.root.exists():
        shutil.rmtree(lab.root)
        progress.say(f"{lab.root} deleted")


def running(lab: Lab) -> Supervisor:
    """The lab's supervisord; LabError when the lab is down."""
    main = overseer.overseer(lab)
    if not main.alive():
        raise LabError("the lab is not up: type bin/lab up")
    return main


def _refuse_faults(lab: Lab) -> None:
    """With a fault in force data may never flow again, and waiting for it would be in vain."""
    there = [f"{name} {host}" for host, names in faults.in_force(lab).items() for name in names]
    if there:
        raise LabError(f"faults are in force: {', '.join(there)}; bin/lab mend them, or reset")


def _prepare(lab: Lab, progress: Progress) -> Supervisor:
    """Folders, secrets and keys, and the lab's supervisord with nothing stale beside it."""
    packages.require()
    for folder in (lab.root, lab.run, lab.logs, lab.traffic):
        folder.mkdir(parents=True, exist_ok=True)
    credentials.make_secrets(lab)
    credentials.make_ssh_keys(lab)
    broker.configure(lab)
    inventory_file.write_inventory(lab)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    if overseer.overseer(lab).alive():
        fleet.wake_all(lab)
    else:
        left = processes.of_lab(lab)
        if left:
            progress.say(f"killing {len(left)} processes left by a crash")
        processes.kill(left)
        addresses.require_free(lab)
    return overseer.ensure(lab, programs(lab))


def programs(lab: Lab) -> tuple[overseer.Program, ...]:
    """What the lab's own supervisord runs: the servers of its cloud, and the hosts."""
    logins = [hosts.sshd(lab, host) for host in lab.hosts]
    inits = [hosts.init(lab, host) for host in lab.hosts]
    return (
        small_services.redis(lab),
        small_services.snmpd(lab),
        broker.program(lab),
        *((database.program(lab),) if lab.cloud.database else ()),
        traffic.program(lab),
        *logins,
        *inits,
    )


def _install(
    lab: Lab, wanted: tuple[str, ...], pool: ThreadPoolExecutor, progress: Progress
) -> None:
    for future in [pool.submit(releases.install, lab, name, progress) for name in wanted]:
        future.result()


def _start_services(lab: Lab, main: Supervisor, progress: Progress) -> None:
    for name in ("redis", "rabbitmq", "snmpd"):
        main.start(name)
    if lab.cloud.database:
        database.install(lab)
        main.start("mariadb")
        database.wait_ready(lab)
    broker.wait_ready(lab)
    stored = "MariaDB, " if lab.cloud.database else ""
    progress.say(f"RabbitMQ, {stored}Redis and snmpd answer")


def _start_fleet(lab: Lab, main: Supervisor, services: Future[None], progress: Progress) -> bool:
    """Start the hosts; the first time, the schema comes before them."""
    small_services.wait_for_redis(lab)
    if lab.cloud.database and not database.known(lab):
        services.result()
        with progress.step(f"database has the schema of {lab.cloud.old}"):
            main_config = lab.host(lab.hosts[0]) / "etc" / "ceilometer" / hosts.MAIN_CONFIG
            database.ensure_schema(lab, lab.cloud.old, main_config)
    started = fleet.start(lab, main, progress)
    services.result()
    if started:
        progress.say("services started on " + ", ".join(host.name for host in lab.hosts))
    return started


def _forget_data(lab: Lab) -> None:
    for path in lab.root.glob(f"{lab.ledger.name}*"):
        path.unlink()
    broker.forget_everything(lab)
    small_services.forget_groups(lab)
    if lab.cloud.database and database.known(lab):
        database.recreate(lab)


def _wait_ready(
    lab: Lab, since: float | None, progress: Progress, polls: int = readiness.LEARNABLE
) -> None:
    """Return when the API answers and every target is polled.

    Of agents that were started (since then), so often: an upgrade has to learn from it.
    """
    lately = readiness.lately(lab)
    if lab.api_hosts:
        with progress.step("API answers on both hosts"):
            readiness.wait_for_api(lab)
    with progress.step("samples of all SNMP targets are stored"):
        if since is None:
            readiness.wait_for_samples(lab, lately, polls=1)
        else:
            readiness.wait_for_samples(lab, since, polls)
