"""What a gate concludes, and how: from proofs, harm, and what could not be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Measured = Mapping[str, int | float | str | None]

NOT_COUNTED = (
    "polled samples could not be counted: the store could not be read, or no meter is known that "
    "was polled before the upgrade"
)


class Outcome(StrEnum):
    """What a gate concludes."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, why in words (what proves it, or what is missing), and the figures."""

    outcome: Outcome
    reasons: tuple[str, ...]
    measured: Measured = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether the run may go on."""
        return self.outcome is Outcome.HEALTHY

    def __str__(self) -> str:
        return f"{self.outcome.value}: {'; '.join(self.reasons)}"


@dataclass(slots=True)
class Case:
    """What a judge has found so far: proofs, harm, and what could not be measured."""

    proofs: list[str] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    def require(self, value: bool | None, good: str, bad: str, unmeasured: str) -> None:  # noqa: FBT001
        """File one condition under what its value says."""
        if value is None:
            self.unknown.append(unmeasured)
        else:
            (self.proofs if value else self.harm).append(good if value else bad)

    def verdict(self, measured: Measured, *, expired: bool) -> Verdict:
        """Healthy when proven and nothing is missing; harm counts only when time is up."""
        missing = (*self.harm, *self.unknown)
        if not missing and self.proofs:
            return Verdict(Outcome.HEALTHY, (*self.proofs, *self.noted), measured)
        if not expired:
            not_yet = tuple(f"not yet: {item}" for item in missing)
            return Verdict(Outcome.INCONCLUSIVE, not_yet, measured)
        outcome = Outcome.UNHEALTHY if self.harm else Outcome.INCONCLUSIVE
        return Verdict(outcome, (*missing, *self.noted), measured)


def nothing_seen(*, expired: bool) -> Verdict:
    """What a judge says without a look."""
    return Case(unknown=["nothing was looked at"]).verdict({}, expired=expired)
