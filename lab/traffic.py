"""Starting and stopping the notification generator, and reading its log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from lab import broker, overseer
from lab.errors import LabError
from lab.files import PRIVATE, rendered, write
from lab.overseer import Program
from lab.settings import Lab
from lab.waiting import until

NAME = "traffic"
DEFAULT_RATE = 20.0
_GENERATOR = Path(__file__).parent / "generator.py"


@dataclass(frozen=True, slots=True)
class Sent:
    """One notification that is out."""

    serial: int
    resource_id: str
    message_id: str
    sent_at: float


@dataclass(frozen=True, slots=True)
class Summary:
    """What the generator's log says."""

    count: int
    rate: float
    longest_gap_s: float


def program(lab: Lab) -> Program:
    """The generator; a restart after a crash goes on with the next serial."""
    return Program(NAME, ("/bin/sh", str(lab.traffic / "run")))


def start(lab: Lab, rate: float = DEFAULT_RATE) -> None:
    """Start it; returns when its first notification is out."""
    main = overseer.overseer(lab)
    if not main.alive():
        raise LabError("the lab is not up: type bin/lab up")
    _configure(lab, rate)
    before = summary(lab.sent_log).count
    main.start(NAME)
    until(lambda: summary(lab.sent_log).count > before, "the first notification is out", within=30)


def stop(lab: Lab) -> None:
    """Stop it; what it has sent stays in its log."""
    main = overseer.overseer(lab)
    if main.alive():
        main.stop(NAME)


def forget(lab: Lab) -> None:
    """Stop it and delete its log."""
    stop(lab)
    lab.sent_log.unlink(missing_ok=True)


def running(lab: Lab) -> bool:
    """Whether the generator runs."""
    main = overseer.overseer(lab)
    return main.alive() and main.states().get(NAME) in {"STARTING", "RUNNING"}


def sent(log: Path) -> Iterator[Sent]:
    """Every complete line of the generator's log."""
    if not log.exists():
        return
    with log.open() as stream:
        for line in stream:
            if line.endswith("\n"):
                yield Sent(**json.loads(line))


def summary(log: Path) -> Summary:
    """Count, mean rate, and the longest time between two lines."""
    return summarised(sent(log))


def summarised(lines: Iterable[Sent]) -> Summary:
    """The same of some lines of it."""
    times = [line.sent_at for line in lines]
    if len(times) <= 1:
        return Summary(len(times), 0.0, 0.0)
    longest = max(later - earlier for earlier, later in pairwise(times))
    lasted = times[-1] - times[0]
    return Summary(len(times), (len(times) - 1) / lasted if lasted else 0.0, longest)


def _configure(lab: Lab, rate: float) -> None:
    python = lab.venv(lab.cloud.new) / "bin" / "python"
    if not python.exists():
        raise LabError(f"traffic needs ceilometer {lab.cloud.new} installed: bin/lab up")
    config = lab.traffic / "generator.conf"
    text = rendered("generator.conf", transport_url=broker.transport_url(lab))
    write(config, text, PRIVATE)
    words = f"{python} {_GENERATOR} --config-file {config} --log {lab.sent_log} --rate {rate}"
    write(lab.traffic / "run", f"exec {words}\n")
