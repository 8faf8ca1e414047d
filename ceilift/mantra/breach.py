"""One difference of data models, judged by the mantra: always add, never delete or modify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ceilift.finding import Severity
from ceilift.package import Exchanges, Gnocchi, Messages, Package
from ceilift.release import Release

ERROR, WARNING, INFO = Severity.BLOCKER, Severity.WARNING, Severity.INFO
WORDS = {ERROR: "error", WARNING: "warning", INFO: "info"}


@dataclass(frozen=True, slots=True)
class Models:
    """The data models of one release: in the databases and on the bus.

    `queues`: those its agents read (None: not known). `unread`: parts of which nothing is known.
    `exchanges`: where its agents listen and publish by default.
    """

    version: str
    messages: Messages
    gnocchi: Gnocchi
    tables: Mapping[str, tuple[str, ...]]
    queues: tuple[str, ...] | None = None
    unread: tuple[str, ...] = ()
    exchanges: Exchanges = field(default_factory=Exchanges)


@dataclass(frozen=True, slots=True)
class Judged:
    """A difference between two releases' models, and who still uses what it takes away.

    `severity`: error where old instances that go on, new ones, or the operator's own files need
    what is not there; warning where nothing is known to; info for what is added.
    `allowed`: why somebody lets it pass.
    """

    id: str
    severity: Severity
    what: str
    who: str
    allowed: str = ""

    @property
    def subject(self) -> str:
        """What it is about: `gnocchi.instance.host`, the id without what became of it."""
        return self.id.rpartition(".")[0]

    @property
    def how(self) -> str:
        """What became of it: gone, added, demanded and so on."""
        return self.id.rpartition(".")[2]

    @property
    def word(self) -> str:
        """The severity as this check names it: error, warning, info."""
        return WORDS[self.severity]

    @property
    def breaks(self) -> bool:
        """Whether it is an error that nobody has let pass."""
        return self.severity is ERROR and not self.allowed


def queues_of(release: Release) -> tuple[str, ...]:
    """The queues that a release's agents read, each once, sorted."""
    return tuple(sorted({one for names in release.queues.value.values() for one in names}))


def models_of(package: Package, queues: tuple[str, ...] | None = None) -> Models:
    """The models of a package as it was read, with the queues its agents read where known."""
    return Models(
        package.version,
        package.messages,
        package.gnocchi,
        package.tables,
        queues,
        package.unread,
        package.exchanges,
    )
