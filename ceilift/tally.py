"""How far a run is, stage by stage, as it is told while it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ceilift.plan import Plan

DONE, RUNNING, NOT_STARTED = "done", "running", "not started"
FAILED = ("failed", "paused")
COLUMNS = (DONE, RUNNING, *FAILED, NOT_STARTED)


@dataclass
class Tally:
    """The status of every node of a plan; a node nobody told of is not started."""

    plan: Plan
    status: dict[str, str] = field(default_factory=dict)

    def started(self, node: str) -> None:
        """A node began."""
        self.status[node] = RUNNING

    def finished(self, node: str, status: str) -> None:
        """A node ended so; in a dry run as if it were done."""
        self.status[node] = DONE if status == "dry" else status

    @property
    def share(self) -> float:
        """How many of a hundred nodes are done."""
        nodes = [node for stage in self.plan.stages for wave in stage.batches for node in wave]
        done = sum(self.status.get(node) == DONE for node in nodes)
        return round(100 * done / len(nodes), 1) if nodes else 100.0

    def to_markdown(self, ended: str = "") -> str:
        """A table of stages, what runs now, and what failed; `ended` says how it came out."""
        return "\n".join(self._lines(ended))

    def _lines(self, ended: str) -> Iterator[str]:
        plan = self.plan
        yield f"# {plan.cloud} to {plan.to}: {ended or f'{self.share:g} % done'}"
        yield ""
        yield f"Plan {plan.hash}, {plan.path} path."
        yield ""
        yield f"| stage | {' | '.join(COLUMNS)} |"
        yield "|---|" + "---:|" * len(COLUMNS)
        for stage in plan.stages:
            counts = self._counts([node for wave in stage.batches for node in wave])
            yield f"| {stage.name} | {' | '.join(str(counts[name]) for name in COLUMNS)} |"
        for name in (RUNNING, *FAILED):
            nodes = [node for node, status in self.status.items() if status == name]
            if nodes:
                yield ""
                yield f"{name.capitalize()}: {', '.join(f'`{node}`' for node in nodes)}"

    def _counts(self, nodes: list[str]) -> Mapping[str, int]:
        found = [self.status.get(node, NOT_STARTED) for node in nodes]
        return {name: found.count(name) for name in COLUMNS}
