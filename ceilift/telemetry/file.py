"""Samples that notification agents publish to files (`file://`): no collector, no database.

Each host is asked in one round trip a question, all hosts side by side; what is not asked for
stays there. A message that two agents published stands in two files and is two samples.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from ceilift.clock import monotonic
from ceilift.errors import StepFailedError, TransientError
from ceilift.remote.shell import Shell
from ceilift.state import DatabaseState, Sample
from ceilift.telemetry.file_script import END, OVER, SCRIPT
from ceilift.telemetry.sample_lines import sample_of

T = TypeVar("T")
Mark = tuple[str, ...]

WORKERS = 32
TIMEOUT_S = 60.0
CLOCKS_DIFFER_S = 60.0  # a sample bears the time of the host that measured it
MOST_BYTES = 64_000_000  # of one host, for one question
MOST_METERS = 20_000  # characters of names: with more, hosts send samples of every meter
BEGINNING: Mark = ("-", "0", "-", "0")


@dataclass(slots=True, eq=False)
class Place:
    """One host's file: `path` as its publisher has it, without a rotated file's number.

    A host set `aside` is read as long as it answers: an old agent there may still publish. The
    first time it does not, it counts as `lost` and is not asked again.
    """

    shell: Shell
    path: str
    aside: bool = False
    lost: bool = False

    def ask(self, question: str, *args: str) -> list[str]:
        """The lines of the answer, none of a lost host.

        Raises TransientError, with the host, when the answer is not whole.
        """
        if self.lost:
            return []
        try:
            return self._answer(question, *args)
        except StepFailedError:
            if not self.aside:
                raise
            self.lost = True
            return []

    def _answer(self, question: str, *args: str) -> list[str]:
        host = self.shell.host
        result = self.shell.run(SCRIPT, question, self.path, *args, timeout_s=TIMEOUT_S)
        lines = result.stdout.splitlines()
        last = lines.pop() if lines else ""
        if result.ok and last == END:
            return lines
        if last == OVER:
            what = f"more than {MOST_BYTES / 1e6:.0f} MB of samples to read in {self.path}"
            raise StepFailedError(f"{host}: {what}: too many to account for", host=host)
        said = result.stderr.strip().splitlines()[-1:] or [f"exit code {result.code}"]
        raise TransientError(f"{host}: {self.path} could not be read: {said[0]}", host=host)


class FileSamples:
    """The questions of SampleStore, asked of every host's file and what it was rotated into.

    A file that is not there holds no samples: an agent makes it when it starts. Times are epoch
    seconds. Raises TransientError, with the host's name, when one host cannot be asked: what it
    holds is not known, and the others do not make up for it. Safe for threads.
    """

    def __init__(self, places: Sequence[Place], wait: Callable[[float], None] = time.sleep) -> None:
        self._places = tuple(places)
        self._wait = wait
        self._lock = threading.Lock()
        self._marks: list[list[Mark]] = []

    def events(
        self, since: float, until: float, meters: Collection[str] | None = None
    ) -> list[Sample]:
        """Samples measured in [since, until], in order; of these meters only, when given."""
        found = [
            sample
            for sample in self._since(since, meters)
            if since <= sample.timestamp <= until and (meters is None or sample.meter in meters)
        ]
        return sorted(found, key=lambda sample: sample.timestamp)

    def newest(
        self, resources: Collection[str], since: float, meters: Collection[str] | None = None
    ) -> Mapping[str, float]:
        """When each of these resources was last measured at or after `since`; missing: never."""
        found = self.events(since, float("inf"), meters)
        return {item.resource: item.timestamp for item in found if item.resource in set(resources)}

    def count(self, since: float, until: float, meters: Collection[str] | None = None) -> int:
        """How many samples were measured in [since, until]."""
        return len(self.events(since, until, meters))

    def newest_id(self) -> int:
        """A mark at the end of every file, for `rows_after` of this object."""
        marks = self._each(_mark)
        with self._lock:
            self._marks.append(marks)
            return len(self._marks)

    def rows_after(self, row_id: int) -> int:
        """How many samples were published after that mark (0: ever, as far as files are kept).

        Lines are counted where they stand. What was rotated away since then is not counted.
        """
        marks = self._marks[row_id - 1] if row_id else [BEGINNING] * len(self._places)
        return sum(self._each(_rows, marks))

    def insert_rate(self, window_s: float) -> float:
        """Samples published a second, over `window_s` seconds, for which this waits."""
        first, begun = self.newest_id(), monotonic()
        self._wait(window_s)
        rows = self.rows_after(first)
        return rows / max(monotonic() - begun, window_s)

    def facts(self) -> DatabaseState:
        """That the files can be read: at least one of them is there."""
        if any(mark != BEGINNING for mark in self._each(_mark)):
            return DatabaseState(reachable=True, backend="file")
        paths = ", ".join(f"{place.shell.host}:{place.path}" for place in self._places)
        problem = f"no such file: {paths}" if paths else "no host has the role notification"
        return DatabaseState(reachable=False, problem=problem, backend="file")

    def _since(self, since: float, meters: Collection[str] | None) -> Iterator[Sample]:
        begin = max(since - CLOCKS_DIFFER_S, 0.0)
        names = " ".join(sorted(meters or ()))
        args = (
            str(int(begin)),
            _iso(begin),
            _iso(max(since, 0.0)),
            str(MOST_BYTES),
            names if len(names) <= MOST_METERS else "",
        )
        for lines in self._each(lambda place: place.ask("samples", *args)):
            yield from filter(None, map(sample_of, lines))

    def _each(self, ask: Callable[..., T], *args: Sequence[object]) -> list[T]:
        """The answers of all hosts, in their order; of `args` each host gets its own."""
        with ThreadPoolExecutor(min(WORKERS, max(len(self._places), 1))) as pool:
            return list(pool.map(ask, self._places, *args))


def _mark(place: Place) -> Mark:
    """Inode, size, what the file begins with, and when: as the script takes them back."""
    lines = place.ask("mark")
    return tuple(lines[0].split()[1:]) if lines else BEGINNING


def _rows(place: Place, mark: Mark) -> int:
    lines = place.ask("rows", *mark)
    return int(lines[0].split()[1]) if lines else 0


def _iso(seconds: float) -> str:
    """In UTC, to the second, as times stand in the files."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
