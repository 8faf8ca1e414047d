"""What looking at a cloud turns up: one finding is one fact with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How a finding bears on the plan: a blocker refuses it, the others are shown."""

    BLOCKER = "blocker"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the most severe: the order findings are shown in."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about this cloud and this upgrade.

    `id` is stable and names the kind (`target-not-installed`, `T3`); `where` names a host, file
    or queue; `why` is the source of the claim; `remedy` is what the operator can do. A blocker
    whose `acceptable` is true is lifted by `--accept ID --reason TEXT`.
    """

    id: str
    severity: Severity
    what: str
    where: str
    why: str
    remedy: str
    acceptable: bool = False


def most_severe_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """Sorted for reading: blockers, warnings, infos; inside each by id and place."""
    return tuple(sorted(findings, key=lambda f: (f.severity.rank, f.id, f.where, f.what)))
