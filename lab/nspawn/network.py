"""The hosts' network: a bridge in a namespace of the lab's own, and a cable to each host."""

from __future__ import annotations

from pathlib import Path

from lab.clouds import Host
from lab.commands import run
from lab.nspawn.mounts import mounted
from lab.nspawn.place import PREFIX, Nspawn

BRIDGE = "lab"
CARD = "host0"  # as a host calls its end of the cable


def ensure(place: Nspawn) -> None:
    """The namespaces of all hosts, joined; what is there is left as it is.

    They last without a process in them, and go when their files are unmounted.
    """
    place.lab.run.mkdir(parents=True, exist_ok=True)
    if _made(place.control):
        script = (
            "link set lo up",
            f"link add {BRIDGE} type bridge",
            *(f"address add {ip}/{PREFIX} dev {BRIDGE}" for ip in (place.broker_ip, *place.served)),
            f"link set {BRIDGE} up",
        )
        batch(place.control, *script)
    for host in place.hosts:
        if _made(place.namespace(host)):
            _plug(place, host)


def batch(namespace: Path, *commands: str) -> None:
    """Commands for `ip`, in a namespace; the first that fails is a LabError."""
    words = ["nsenter", f"--net={namespace}", "ip", "-batch", "-"]
    run(words, stdin="".join(f"{command}\n" for command in commands))


def _made(file: Path) -> bool:
    """Make a network namespace that this file names, unless there is one."""
    if file in mounted(file.parent):
        return False
    file.touch()
    run(["unshare", f"--net={file}", "true"])
    return True


def _plug(place: Nspawn, host: Host) -> None:
    """A cable between bridge and host; its end at the bridge has the host's name."""
    peer = f"peer name {CARD} netns {place.namespace(host)}"
    batch(
        place.control,
        f"link add {host.name} type veth {peer}",
        f"link set {host.name} master {BRIDGE} up",
    )
    batch(
        place.namespace(host),
        "link set lo up",
        f"address add {host.ip}/{PREFIX} dev {CARD}",
        f"link set {CARD} up",
        f"route add default via {place.broker_ip}",
    )
