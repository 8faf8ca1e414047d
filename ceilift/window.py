"""What of a plan fits into a window: its pieces, each of which ends at a safe point.

Between two pieces nothing is stopped without its successor, nothing is begun and not proven, and
nothing polls twice: there a run may stop for a day. A stage that is stopped everywhere before
anything new starts is one piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ceilift.inventory_hosts import host_unit
from ceilift.plan import Action, Gate, Plan, Stage, Step
from ceilift.schedule import Opening, Window

CLOSED_BY = {  # what stays open until the other is done, too, for the same agent
    Action.STOP: Action.START,
    Action.START: Action.ENABLE,
    Action.BESIDE: Action.REMOVE,
    Action.WRITE: Action.RELOAD,
    Action.WARM_API: Action.SWITCH_API,
    Action.BACKUP: Action.DBSYNC,
}
OF_ALL = frozenset({Action.BACKUP, Action.DBSYNC})  # wherever they are carried out

Open = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Nodes of one stage that are begun only together, in waves, and their estimate in seconds."""

    stage: str
    waves: tuple[tuple[str, ...], ...]
    seconds: float

    @property
    def nodes(self) -> tuple[str, ...]:
        """Its nodes, in their order."""
        return tuple(node for wave in self.waves for node in wave)


def pieces(plan: Plan, seconds: Mapping[str, float]) -> tuple[Piece, ...]:
    """The plan's pieces, in its order; `seconds` is what each node is expected to take.

    What begins with a restore of the database is one piece: what writes to it is down from then on.
    """
    return tuple(
        Piece(name, waves, sum(max(seconds[node] for node in wave) for wave in waves))
        for name, waves in _as_one(plan)
    )


def unfitting(found: Iterable[Piece], windows: Iterable[Window]) -> tuple[Piece, ...]:
    """The pieces that none of these windows would ever admit, by their estimate."""
    longest = max(((one.duration_min - one.cutoff_min) * 60 for one in windows), default=0)
    return tuple(piece for piece in found if piece.seconds > longest)


def refusal(seconds: float, opening: Opening | None, moment: datetime) -> str:
    """Why what takes that long must not begin at that moment; empty when it may."""
    if opening is None:
        return "no window is open"
    left = (opening.cutoff - moment).total_seconds()
    until = f"the cutoff of window {opening.window} ({moment_text(opening.cutoff)})"
    if left <= 0:
        return f"{until} is reached"
    if timedelta(seconds=seconds) > opening.cutoff - moment:
        return f"about {seconds:.0f} s are needed, and until {until} there are {left:.0f} s"
    return ""


def moment_text(moment: datetime) -> str:
    """A moment in words, to the second, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _as_one(plan: Plan) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """The stages' parts; those from a restore of the database on as one, by that stage's name."""
    restored = {step.stage for step in plan.steps if step.action is Action.RESTORE}
    found = [(stage.name, waves) for stage in plan.stages for waves in _parted(plan, stage)]
    names = [name for name, _ in found]
    first = next((n for n, name in enumerate(names) if name in restored), len(found))
    yield from found[:first]
    if first < len(found):
        yield names[first], tuple(wave for _, waves in found[first:] for wave in waves)


def _parted(plan: Plan, stage: Stage) -> Iterator[tuple[tuple[str, ...], ...]]:
    """The stage's waves, parted at its safe points."""
    bound = {wave for first, last in _spans(plan, stage) for wave in range(first, last)}
    cuts = [0, *(n for n in range(1, len(stage.batches)) if n - 1 not in bound)]
    for first, behind in pairwise((*cuts, len(stage.batches))):
        yield stage.batches[first:behind]


def _spans(plan: Plan, stage: Stage) -> Iterator[tuple[int, int]]:
    """The waves between which the stage must not stop: from the first to the last."""
    at = {node: number for number, wave in enumerate(stage.batches) for node in wave}
    nodes = [plan.node(node) for node in at]
    for gate in nodes:
        if isinstance(gate, Gate):  # what it judges was begun, and is not proven before it
            yield from ((at[need], at[gate.id]) for need in gate.needs if need in at)
    steps = [node for node in nodes if isinstance(node, Step)]
    merging = [at[step.id] for step in steps if step.action is Action.MERGE]
    if merging:  # while some are merged and others not, both poll what is new
        yield min(merging), len(stage.batches) - 1
    yield from _opened(steps, at, merges=bool(merging))


def _opened(steps: list[Step], at: Mapping[str, int], *, merges: bool) -> Iterator[tuple[int, int]]:
    """From each step that leaves something open to the one that closes it.

    New agents that are merged later poll in a group of their own until then, what nobody else
    does: they may.
    """
    last = {key: at[step.id] for step in steps for key in _keys(step, step.action)}
    for step in steps:
        closing = CLOSED_BY.get(step.action)
        if closing is None or (merges and step.action is Action.BESIDE):
            continue
        ends = [last[key] for key in _keys(step, closing) if key in last]
        if ends:
            yield at[step.id], max(at[step.id], *ends)


def _keys(step: Step, action: Action) -> tuple[Open, ...]:
    if action in OF_ALL:
        return ((action, "", ""),)
    return tuple((action, one.host, host_unit(one.unit)) for one in step.targets)
