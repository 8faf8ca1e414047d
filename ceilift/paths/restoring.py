"""The database's stage of a way back that restores it: all that writes down, saved, restored.

It stands before the first stage of something that writes to the database: those are started again
on what was restored, and everything else goes back meanwhile as without a restore.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from ceilift.component import Component
from ceilift.database_writers import writers, written_by
from ceilift.paths.nodes import RESTORE_ID, SAVE_ID, Builder, Ids, Wave
from ceilift.plan import Action, Gate, Step, Target, Timing
from ceilift.situation import Place, Situation

N = TypeVar("N", Step, Gate)
WHY = "it writes to the database, or may: nothing may while that is restored"


def with_restore(situation: Situation, order: Sequence[Component]) -> tuple[Component, ...]:
    """The stages of the way back with the database's before the first that writes to it.

    The API comes next: it is dark meanwhile, and waits for nothing else. All that writes is among
    them, also what the upgrade left alone: it is down meanwhile, too.
    """
    found = writers(situation)
    named = (*order, *(one for one in found if one not in order))
    others = [one for one in named if one not in {Component.API, Component.DATABASE}]
    first = next((n for n, one in enumerate(others) if one in found), len(others))
    return (*others[:first], Component.DATABASE, Component.API, *others[first:])


def restored(build: Builder, barrier: Ids) -> tuple[tuple[Wave, ...], Ids]:
    """Everything that writes is stopped and proven so; then saved, restored and compared."""
    situation = build.situation
    down: list[Step] = []
    gates: list[Gate] = []
    for component in writers(situation):
        places = written_by(situation, component)
        stops = _stops(build, component, places, barrier)
        if places:
            needs = tuple(step.id for step in stops) or barrier
            gates.append(_named(build.all_stopped(places, needs), f"no-{component}"))
        down += stops
    proven = tuple(gate.id for gate in gates) or barrier
    save = _save(build, proven)
    restore = _restore(build, (save.id,))
    waves: tuple[Wave, ...] = (tuple(down), tuple(gates), (save,), (restore,))
    return tuple(wave for wave in waves if wave), (restore.id,)


def _stops(
    build: Builder, component: Component, places: Sequence[Place], barrier: Ids
) -> tuple[Step, ...]:
    if component is Component.API:
        running = [place for place in places if place.before is not None and place.before.running]
        return (_stop_api(build, running, barrier),) if running else ()
    return tuple(
        _named(
            build.clear(place, barrier, Timing.NONE)
            if place.is_ours
            else replace(build.stop(place, barrier), why=WHY),
            f"stop-{component}/{place.label}",
        )
        for place in places
    )


def _stop_api(build: Builder, places: Sequence[Place], needs: Ids) -> Step:
    return Step(
        id=f"{build.stage}/stop-api",
        stage=build.stage,
        action=Action.STOP_API,
        targets=tuple(place.target for place in places),
        release=None,
        needs=needs,
        why="what it would answer meanwhile is wrong, and what is posted to it would be lost",
        judged_by="its web server's command ended well; the gate looks for processes",
        undo="start the web servers again",
    )


def _save(build: Builder, needs: Ids) -> Step:
    return Step(
        id=SAVE_ID,
        stage=build.stage,
        action=Action.SAVE,
        targets=(_target(build.situation),),
        release=None,
        needs=needs,
        why="what was stored since the dump goes with the restore: it is to be had again",
        judged_by="the dump is whole; its size and SHA-256 are recorded",
        undo="delete the dump",
    )


def _restore(build: Builder, needs: Ids) -> Step:
    seen = build.situation.state.restorable
    dump = seen.dump if seen is not None else None
    told = (
        "the dump that is not there"
        if seen is None or dump is None
        else f"{seen.host}:{dump.path} (sha256:{dump.sha256}, made at {seen.made_at})"
    )
    return Step(
        id=RESTORE_ID,
        stage=build.stage,
        action=Action.RESTORE,
        targets=(_target(build.situation),),
        release=None,
        needs=needs,
        why=f"asked for: the database becomes what it was in {told}",
        judged_by="schema, row counts and a sample's checksums are those noted when the dump was "
        "made, up to the keys noted before it",
        undo=f"restore the dump that {SAVE_ID} made",
    )


def _target(situation: Situation) -> Target:
    seen = situation.state.restorable
    host = seen.host if seen is not None else ""
    return Target(Component.DATABASE, host or situation.backup_host)


def _named(node: N, name: str) -> N:
    return replace(node, id=f"{node.stage}/{name}")
