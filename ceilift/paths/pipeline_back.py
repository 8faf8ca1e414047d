"""The way back of a new pipeline from notification agents that share their work.

Once it was proven with the old agents it stays: all agents of the old release have it then, and
those that come back have to share it. Before that it goes from all of them, again at one moment.
Either way an agent of Ceilift's own reads what is left in the queues of pipes that nobody reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ceilift.component import Component
from ceilift.paths.back import back, former, runs_as_before
from ceilift.paths.nodes import Builder, Ids, Wave
from ceilift.paths.pipeline_nodes import KINDS, PipelineBuilder, drain_target, pipeline_builder
from ceilift.pipeline_change import PipelineChange, digest_of, old_first, pipeline_change
from ceilift.plan import GateKind, Step
from ceilift.situation import Place


@dataclass(frozen=True, slots=True)
class PipelineBack:
    """What of a new pipeline there is to take back in one stage.

    `change` is None where there is none, or nothing of it was done. `stays`: it was proven with
    the old agents.
    """

    make: PipelineBuilder
    change: PipelineChange | None
    stays: bool = False

    def restored(self) -> tuple[Wave, ...]:
        """The former files on all old agents that run, one reload, and the proof of each.

        Those that do not run get theirs when they are started.
        """
        if self.change is None or self.stays:
            return ()
        running = [place for place in self.change.members if runs_as_before(place)]
        other = [place for place in running if _has_other_files(self.make, place)]
        if not other:
            return ()
        writes = tuple(_restored(self.make.write(place, ()), place) for place in other)
        reload = back(self.make.reload(running, tuple(step.id for step in writes)))
        proofs = (back(self.make.proven(place, (reload.id,))) for place in running)
        old = zip(running, proofs, strict=True)
        gates = tuple(replace(gate, release=place.ran or gate.release) for place, gate in old)
        return (writes, (reload,), gates)

    def started(self, start: Step) -> Step:
        """A start of the old release, which keeps a pipeline that stays."""
        if not self.stays:
            return start
        return replace(start, files=tuple(one for one in start.files if one.kind not in KINDS))

    def dropped(self, needs: Ids) -> tuple[Wave, ...]:
        """What reads the pipes that go, taken away; where they stay gone, once its work is done."""
        return tuple(_dropped(self.make, self.change if self.stays else None, needs))

    def read(self, needs: Ids) -> tuple[Wave, ...]:
        """What lies in the queues of pipes that only the new one has, read once that is gone.

        `needs` are the proofs of the old agents: should it fail, they serve all the same.
        """
        if self.change is None or self.stays or not self.change.coming:
            return ()
        return tuple(_drained_new(self.make, self.change, needs))


def pipeline_back(build: Builder) -> PipelineBack:
    """What there is to take back, by the files that agents have and what was proven."""
    make, situation = pipeline_builder(build), build.situation
    change = pipeline_change(situation) if build.stage == Component.NOTIFICATION else None
    if change is None or change.unknown:
        return PipelineBack(make, None)
    gate = f"{build.stage}/{GateKind.PIPELINE}"
    proven = any(one.node == gate for one in situation.state.evidence)
    if old_first(situation) is not None and proven:
        return PipelineBack(make, change, stays=True)
    begun = any(_has_other_files(make, place) for place in change.members)
    return PipelineBack(make, change if begun else None)


def _has_other_files(make: PipelineBuilder, place: Place) -> bool:
    """Whether the files there are no longer those from before the upgrade."""
    if place.now is None or place.before is None:
        return False
    now, before = place.now.config, place.before.config
    kinds = [file.kind for file in make.write(place, ()).files]
    return any(digest_of(now, kind) != digest_of(before, kind) for kind in kinds)


def _restored(step: Step, place: Place) -> Step:
    why = "the new pipeline was not proven: all old agents have the former one again"
    proof = "the file there has the digest it had before the upgrade"
    return replace(back(step), why=why, judged_by=proof, files=tuple(former(step, place)))


def _dropped(make: PipelineBuilder, change: PipelineChange | None, needs: Ids) -> Sequence[Wave]:
    """The one of the way on taken away; where the new pipeline stays, once its work is done."""
    there = {(one.host, one.unit) for one in make.situation.now}
    places = make.situation.places[Component(make.stage)]
    found = [place for place in places if (place.host, drain_target(place).unit) in there]
    waves: list[Wave] = []
    for place in found:
        if change is not None:
            gate = back(make.drained(place, change.vanishing, needs))
            needs = (gate.id,)
            waves.append((gate,))
        drop = back(make.drop(place, needs))
        again = "the old agents read what it reads again"
        waves.append((drop if change is not None else replace(drop, why=again),))
    return waves


def _drained_new(make: PipelineBuilder, change: PipelineChange, needs: Ids) -> Sequence[Wave]:
    """What agents with the new pipeline have put into queues that only it has."""
    place = change.members[0]
    drain = back(make.drain_new(place, change, needs))
    gate = back(make.drained(place, change.coming, (drain.id,)))
    gate = replace(gate, id=_of_new(gate.id))
    drop = back(make.drop(place, (gate.id,)))
    return [(drain,), (gate,), (replace(drop, id=_of_new(drop.id)),)]


def _of_new(node_id: str) -> str:
    """`notification/back-drop/ctl1` as `notification/back-drop-new/ctl1`."""
    stage, act, *rest = node_id.split("/", 2)
    return "/".join((stage, f"{act}-new", *rest))
