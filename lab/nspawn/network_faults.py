"""A host's cable pulled, and packets that are lost or late. Its own link to itself is let be."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab import processes
from lab.clouds import Host
from lab.commands import clean_environment, run
from lab.nspawn.network import BRIDGE, batch
from lab.nspawn.place import Nspawn
from lab.settings import PYTHON
from lab.waiting import until

LOSS_PERCENT = 30
DELAY_S = 0.2
_TABLE = "inet lab_fault"
_RULES = """\
table {table} {{
  chain in {{
    type filter hook input priority 0
    iif != lo {rule}
  }}
  chain out {{
    type filter hook output priority 0
    oif != lo {rule}
  }}
}}
"""
_CABLE = Path(__file__).parent / "slow_cable.py"
_MARK = "CEILIFT_LAB_SLOW"


def pull(place: Nspawn, host: Host) -> None:
    """No link: as a pulled cable, or a switch that died."""
    batch(place.control, f"link set {host.name} down")


def plug(place: Nspawn, host: Host) -> None:
    """The link is there again."""
    batch(place.control, f"link set {host.name} up")


def drop(place: Nspawn, host: Host) -> None:
    """Every packet is lost, and nobody is told."""
    _filter(place, host, "drop")


def lose(place: Nspawn, host: Host) -> None:
    """Some packets are lost, in either direction, by chance."""
    _filter(place, host, f"numgen random mod 100 < {LOSS_PERCENT} drop")


def pass_all(place: Nspawn, host: Host) -> None:
    """No packet is lost any more."""
    _nft(place, host, f"delete table {_TABLE}\n")


def slow(place: Nspawn, host: Host) -> None:
    """Every packet takes longer, in each direction.

    The cable is cut in two, and a process carries what comes out of one end to the other. Neither
    of these ends may answer for the machine: what does would get there in time.
    """
    near, far = _ends(host)
    batch(
        place.control,
        f"link add {near} type veth peer name {far}",
        f"link set {host.name} nomaster",
        f"link set {host.name} arp off",
        f"link set {far} arp off up",
        f"link set {near} master {BRIDGE} up",
    )
    words = [*place.entering, str(PYTHON), str(_CABLE), host.name, far, str(DELAY_S)]
    given = clean_environment(place.lab, **{_MARK: host.name})
    log = place.lab.logs / f"slow-{host.name}.log"
    with log.open("wb") as said:
        subprocess.Popen(words, env=given, stdout=said, stderr=said, start_new_session=True)
    until(lambda: b"carries" in log.read_bytes(), f"the slow cable of {host.name} carries", 20)


def quick(place: Nspawn, host: Host) -> None:
    """One cable again, as quick as it was."""
    processes.kill(processes.of_environment(_MARK, host.name) & processes.of_lab(place.lab))
    near, _far = _ends(host)
    batch(
        place.control,
        f"link delete {near}",
        f"link set {host.name} arp on",
        f"link set {host.name} master {BRIDGE}",
    )


def _ends(host: Host) -> tuple[str, str]:
    """What the second part of a slow cable is called, at the bridge and at the process."""
    return f"{host.name}-near", f"{host.name}-far"


def _filter(place: Nspawn, host: Host, rule: str) -> None:
    _nft(place, host, _RULES.format(table=_TABLE, rule=rule))


def _nft(place: Nspawn, host: Host, text: str) -> None:
    run(["nsenter", f"--net={place.namespace(host)}", "nft", "-f", "-"], stdin=text)
