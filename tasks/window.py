"""A run keeps to its windows: it begins in one, and each piece only if it is likely to fit."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ceilift.clock import now
from ceilift.database_evidence import rehearsed_s
from ceilift.errors import BadInputError, Fault, OutsideWindowError, WindowClosedError
from ceilift.estimate import node_seconds, pace_of
from ceilift.inventory import Inventory
from ceilift.ledger.store import Ledger
from ceilift.paths.nodes import DBSYNC_ID
from ceilift.plan import Plan
from ceilift.plan_nodes import plan_nodes
from ceilift.record import NodeTime
from ceilift.schedule import ANY_TIME, Opening, Window, open_now, opens_next
from ceilift.situation import Situation
from ceilift.window import Piece, moment_text, refusal, unfitting
from tasks.progress import Progress

REMEMBERED = 20  # of the newest times of one kind of node the longest counts
LONGEST_NAP_S = 60.0


def chosen_windows(inventory: Inventory, name: str, file: str) -> tuple[Window, ...]:
    """The windows to keep to: the named one, else all of the cloud's; none: at any time.

    Raises BadInputError when there is no such window.
    """
    if name == ANY_TIME:
        return ()
    found = tuple(one for one in inventory.windows if name in ("", one.name))
    if name and not found:
        known = ", ".join(one.name for one in inventory.windows) or "none is there"
        remedy = f"Use one of the inventory's windows ({known}), or {ANY_TIME}"
        raise BadInputError([Fault(file, "windows", f"there is no window {name!r}", remedy)])
    return found


def enter(windows: Sequence[Window], progress: Progress) -> None:
    """Say which window a run begins in; nothing where no window is kept to.

    Raises OutsideWindowError when none is open, and says when one is.
    """
    if not windows:
        return
    moment = _moment()
    found = open_now(tuple(windows), moment)
    if found is None or moment >= found.cutoff:
        raise _outside(windows, f"{_named(windows)} open")
    progress.note(f"in window {found.window}, cutoff at {moment_text(found.cutoff)}")


def wait_until(moment: float, progress: Progress) -> None:
    """Wait for a moment (epoch seconds) in short naps: clocks are set, and machines sleep."""
    progress.note(f"waiting for the window that opens at {moment_text(_at(moment))}")
    pause = threading.Event()
    while (left := moment - now()) > 0:
        pause.wait(min(left, LONGEST_NAP_S))


@dataclass
class WindowRule:
    """Nothing begins that is not expected to end before the cutoff."""

    windows: tuple[Window, ...]
    last: Opening | None = None

    def refuses(self, _nodes: Sequence[str], seconds: float) -> str:
        """Why what takes that long must not begin now; empty when it may."""
        moment = _moment()
        opening = open_now(self.windows, moment)
        why = refusal(seconds, opening, moment)
        if not why:
            self.last = opening
        return why

    def ended(self, why: str, left: Sequence[str]) -> WindowClosedError:
        """How a run ends that was cut: at a safe point, with what is left and when it goes on."""
        following = opens_next(self.windows, _moment())
        return WindowClosedError(
            f"stopped at a safe point: {why}; {len(left)} steps and gates are left, from "
            f"{left[0]} on; {_opens(following)}",
            opens=None if following is None else following.start.timestamp(),
            next_command="ceilift resume --wait" if following else "ceilift status",
        )

    def overrun_s(self) -> float:
        """By how many seconds the run is past the cutoff before which its last piece began."""
        if self.last is None:
            return 0.0
        return max((_moment() - self.last.cutoff).total_seconds(), 0.0)


def refuse_too_long(found: Sequence[Piece], windows: tuple[Window, ...]) -> None:
    """Raises OutsideWindowError when a piece of a plan would fit into none of the windows."""
    if long := unfitting(found, windows):
        lines = [
            f"{one.stage} from {one.nodes[0]} to {one.nodes[-1]}: {one.seconds:.0f} s"
            for one in long
        ]
        raise OutsideWindowError(
            "no window is long enough for what must not be interrupted; nothing was changed:\n"
            + "\n".join(lines),
            next_command="give a longer window, smaller batches, or --window any-time",
        )


def refuse_unfitting(found: Sequence[Piece], windows: tuple[Window, ...]) -> None:
    """Raises OutsideWindowError when the first piece does not fit into the time that is left."""
    moment = _moment()
    if found and (why := refusal(found[0].seconds, open_now(windows, moment), moment)):
        raise _outside(windows, f"{found[0].nodes[0]} is next, and {why}")


def expected_seconds(plan: Plan, situation: Situation, ledger: Ledger) -> Mapping[str, float]:
    """What each node is expected to take: as learned from the ledger, else the catalogue's."""
    learned = longest_times(ledger.node_times(plan.cloud))
    pace = pace_of(situation)
    nodes = plan_nodes(plan).items()
    seconds = {name: learned.get(kind_of(name), node_seconds(node, pace)) for name, node in nodes}
    rehearsed = rehearsed_s(situation.state.evidence, plan.to)
    if rehearsed is not None and DBSYNC_ID in seconds:
        seconds[DBSYNC_ID] = rehearsed  # on a copy of this database, not on another
    return seconds


def longest_times(known: Iterable[NodeTime]) -> Mapping[str, float]:
    """The longest of the newest times, for each kind of node."""
    found: dict[str, list[float]] = {}
    for one in known:
        times = found.setdefault(kind_of(one.node), [])
        if len(times) < REMEMBERED:
            times.append(one.seconds)
    return {kind: max(times) for kind, times in found.items()}


def kind_of(node_id: str) -> str:
    """What a node does in which stage, wherever: polling/start."""
    return "/".join(node_id.split("/")[:2])


def _outside(windows: Sequence[Window], why: str) -> OutsideWindowError:
    following = opens_next(tuple(windows), _moment())
    return OutsideWindowError(
        f"{why}; {_opens(following)}; nothing was changed",
        opens=None if following is None else following.start.timestamp(),
        next_command="the same with --wait" if following else "mend the inventory's windows",
    )


def _named(windows: Sequence[Window]) -> str:
    names = ", ".join(one.name for one in windows)
    return f"window {names} is not" if len(windows) == 1 else f"none of the windows {names} is"


def _opens(opening: Opening | None) -> str:
    if opening is None:
        return "it opens no more"
    return f"window {opening.window} opens at {moment_text(opening.start)}"


def _moment() -> datetime:
    return _at(now())


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
