"""What an acceptance scenario demands, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One demand, whether it was met, and the figure that says so."""

    name: str
    met: bool
    figure: str


@dataclass
class Checks:
    """All demands of a scenario, in the order they were made."""

    scenario: str
    short: bool = False
    found: list[Check] = field(default_factory=list)

    def demand(self, name: str, met: bool, figure: object) -> None:  # noqa: FBT001 - a verdict
        """Note one demand."""
        self.found.append(Check(name, met, str(figure)))

    def demand_time(self, name: str, met: bool, figure: object) -> None:  # noqa: FBT001 - verdict
        """Note a demand on seconds, which the short form, for noisy machines, only tells."""
        suffix = "" if met or not self.short else " (over, told and not demanded in the short form)"
        self.demand(name, met or self.short, f"{figure}{suffix}")

    @property
    def passed(self) -> bool:
        """Whether every demand was met, and there was one."""
        return bool(self.found) and all(check.met for check in self.found)

    def tell(self) -> bool:
        """Print every demand, then one line of figures; gives whether all were met."""
        for check in self.found:
            print(f"{'ok  ' if check.met else 'FAIL'} {check.name}: {check.figure}")
        figures = "; ".join(f"{check.name} {check.figure}" for check in self.found)
        print(f"{self.scenario}: {'PASSED' if self.passed else 'FAILED'}: {figures}")
        return self.passed
