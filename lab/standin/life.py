"""A cloud of stand-ins as running things: up, back to the old release, down."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lab import hosts, overseer, processes
from lab.clouds import METERS
from lab.overseer import Program
from lab.rpc import RUNNING, Supervisor
from lab.settings import PORTS, PYTHON
from lab.standin.layout import lay_out_host, lay_out_shared
from lab.standin.place import WITNESS, Standin
from lab.waiting import until
from lab.witness import published_in

LEARNABLE = 4  # polls of every series from which an upgrade learns its interval
POLLED_S = 60
_BROKER = Path(__file__).parent / "programs" / "broker.py"


def up(standin: Standin) -> None:
    """Its servers and sshds run; on the hosts nothing does yet (see `renewed`)."""
    down(standin)
    lay_out_shared(standin)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for host in standin.hosts:
        lay_out_host(standin, host)
    main = overseer.ensure(standin.lab, _programs(standin))
    for host in standin.hosts:
        main.start(f"sshd-{host.name}")


def renewed(standin: Standin) -> None:
    """Every agent on the old release, polling; nothing stored, no ledger, nothing was done."""
    lab, main = standin.lab, overseer.overseer(standin.lab)
    _cleared(standin, main)
    for path in (standin.done, lab.root / "stored", lab.root / "schema"):
        path.unlink(missing_ok=True)
    for path in lab.root.glob(f"{lab.ledger.name}*"):
        path.unlink()
    for host in standin.hosts:
        hosts.wipe(lab, host)
        lay_out_host(standin, host)
    main.restart("broker")
    until(lambda: _listens(main), "the broker runs", 20)
    for host in standin.hosts:
        main.start(f"init-{host.name}")
    until(lambda: polled(standin), "every resource was polled", POLLED_S)


def down(standin: Standin) -> None:
    """End every process of it; what its supervisord brought back before it was dead, too."""
    while left := processes.of_lab(standin.lab):
        processes.kill(left)


def _cleared(standin: Standin, main: Supervisor) -> None:
    for host in standin.hosts:
        pid = main.pids().get(f"init-{host.name}")
        processes.kill({pid} if pid else set())
        processes.kill(processes.of_host(standin.lab, host))


def _programs(standin: Standin) -> tuple[Program, ...]:
    lab = standin.lab
    logins = (hosts.sshd(lab, host) for host in standin.hosts)
    return (broker(standin), *logins, *(hosts.init(lab, host) for host in standin.hosts))


def broker(standin: Standin) -> Program:
    """The stand-in for the message bus, in the cloud's network."""
    words = (standin.broker_ip, str(PORTS.amqp), str(PORTS.management))
    return Program("broker", (*standin.entering, str(PYTHON), str(_BROKER), *words))


def _listens(main: Supervisor) -> bool:
    return main.states()["broker"] == RUNNING


def polled(standin: Standin) -> bool:
    """Whether every series was polled often enough to be learned."""
    files = [standin.files(host) / WITNESS for host in standin.hosts]
    found = Counter((one.meter, one.resource) for file in files for one in published_in(file))
    targets = [target for host in standin.hosts for target in host.targets]
    return all(found[meter, target] >= LEARNABLE for meter in METERS for target in targets)
