"""Secrets that are planted to be looked for: in every form, in whatever a run leaves behind."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import MetaData, create_engine, make_url, select

EVERY_S = 0.01  # between two looks at the processes: what lives shorter may be missed
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret and what it is; its text is in no repr, as this too might be printed."""

    name: str
    text: str = field(repr=False)

    @property
    def forms(self) -> frozenset[bytes]:
        """How it may stand in a text: as it is, quoted for a URL, in JSON, Python or base64."""
        spelled = (
            self.text,
            quote(self.text, safe=""),
            quote_plus(self.text),
            json.dumps(self.text)[1:-1],
            repr(self.text)[1:-1],
        )
        return frozenset(one.encode() for one in spelled) | self._coded

    @property
    def _coded(self) -> frozenset[bytes]:
        """The middle of its base64, for each of the three places a text around it may give it."""
        found = set()
        for before in range(3):
            whole = b"\0" * before + self.text.encode()
            coded = base64.b64encode(whole)[4 if before else 0 : len(whole) // 3 * 4]
            found |= {coded, coded.translate(bytes.maketrans(b"+/", b"-_"))}
        return frozenset(one for one in found if one)


@dataclass(frozen=True, slots=True)
class Place:
    """Something that a run left: of which kind, which one, and what is in it."""

    kind: str
    name: str
    content: bytes = field(repr=False)


def sightings(canaries: Iterable[Canary], places: Iterable[Place]) -> list[tuple[Canary, Place]]:
    """Every canary in every place that holds it."""
    wanted = [(canary, canary.forms) for canary in canaries]
    return [
        (canary, place)
        for place in places
        for canary, forms in wanted
        if any(form in place.content for form in forms)
    ]


def files(kind: str, *folders: Path) -> Iterator[Place]:
    """Every file below these folders, packed ones unpacked; what goes meanwhile is left out."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                content = _content(path)
                if content is not None:
                    yield Place(kind, str(path), content)


def _content(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
        return gzip.decompress(found) if found.startswith(GZIP) else found
    except (FileNotFoundError, EOFError, gzip.BadGzipFile):
        return None


def rows(url: str, password: str | None = None) -> Iterator[Place]:
    """Every row of every table of a database; the URL is without the password."""
    whole = make_url(url)
    engine = create_engine(whole.set(password=password) if password else whole)
    found = MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            told = "\n".join(str(tuple(row)) for row in connection.execute(select(table)))
            yield Place("ledger", table.name, told.encode())
    engine.dispose()


@dataclass
class Watch:
    """The command lines of all processes of this machine, its hosts' among them, as in `ps`."""

    seen: set[bytes] = field(default_factory=set)
    looks: int = 0

    def look(self) -> None:
        """Once at every process."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.seen.add(path.read_bytes())
            except OSError:
                continue  # it has ended
        self.looks += 1

    def places(self) -> Iterator[Place]:
        """Each command line that was seen."""
        for line in sorted(self.seen - {b""}):
            yield Place("argv", line.replace(b"\0", b" ")[:60].decode(errors="replace"), line)


@contextmanager
def watching() -> Iterator[Watch]:
    """Look again and again until the block ends, and once more than that."""
    watch, over = Watch(), threading.Event()

    def look_on() -> None:
        while not over.wait(EVERY_S):
            watch.look()

    thread = threading.Thread(target=look_on, name="watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
        watch.look()
