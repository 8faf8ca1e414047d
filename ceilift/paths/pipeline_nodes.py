"""The steps and gates by which notification agents that share work get another pipeline.

The old agents have it first, all at once. What is left in the queues of pipes that go is read by
an agent of Ceilift's own: of the old release, with those pipes alone, in a group of its own, and
without any of the queues that services send to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ceilift.component import Component
from ceilift.inventory_hosts import DRAIN_SUFFIX
from ceilift.paths.nodes import Builder, Ids, Options, Wave
from ceilift.pipeline_change import PipelineChange, digest_of
from ceilift.plan import FOLDER, Action, Gate, GateKind, Step, Target
from ceilift.plan_files import FileKind, Origin, StepFile
from ceilift.situation import Place

KINDS = {
    FileKind.PIPELINE: "pipeline_cfg_file",
    FileKind.EVENT_PIPELINE: "event_pipeline_cfg_file",
}
GROUP_DIGITS = 12  # of the new file's digest: nobody else knows the folder's name beforehand


@dataclass(frozen=True, slots=True)
class PipelineBuilder(Builder):
    """Makes the nodes that bring another pipeline to the agents of one stage."""

    def write(self, place: Place, needs: Ids) -> Step:
        """Put the new files where the old agent reads them when it loads them next."""
        return Step(
            id=f"{self.stage}/write/{place.label}",
            stage=self.stage,
            action=Action.WRITE,
            targets=(place.target,),
            release=place.ran,
            needs=needs,
            why="old agents get the new pipeline before any new agent starts: queues are named "
            "after pipes, and all that share them have to have the same",
            judged_by="the file there has the digest of the one given",
            undo="put the former file back, which is kept beside it",
            files=_given(self),
        )

    def reload(self, places: Sequence[Place], needs: Ids) -> Step:
        """Let all old agents load the new files at one moment."""
        return Step(
            id=f"{self.stage}/reload",
            stage=self.stage,
            action=Action.RELOAD,
            targets=tuple(place.target for place in places),
            release=places[0].ran,
            needs=needs,
            why="one after the other, those that have it would fill queues that nobody reads yet",
            judged_by="every process that had loaded the former files has ended, and others live",
            undo="put the former files back and reload all of them again",
        )

    def loaded(self, places: Sequence[Place], change: PipelineChange, needs: Ids) -> Gate:
        """Every old agent has the new files, and every queue of the new pipes has a reader."""
        why = (
            "each was loaded anew after its file was written and consumes, and every queue of "
            "every new pipe is read"
        )
        targets = tuple(place.target for place in places)
        return self._pipes("pipeline", GateKind.PIPELINE, targets, needs, why, change.pipes)

    def drain(self, place: Place, change: PipelineChange, needs: Ids) -> Step:
        """Start the agent that reads the queues of the pipes that go."""
        return Step(
            id=f"{self.stage}/drain/{place.label}",
            stage=self.stage,
            action=Action.BESIDE,
            targets=(drain_target(place),),
            release=place.ran,
            needs=needs,
            why=f"with the new pipeline nobody reads the queues of {', '.join(change.vanishing)}",
            judged_by=f"its processes have loaded {place.ran}",
            undo="stop it and take its unit away",
            options=_alone(self),
            files=tuple(_vanishing(place, change)),
        )

    def drain_new(self, place: Place, change: PipelineChange, needs: Ids) -> Step:
        """On the way back, the same for the pipes that only the new pipeline has."""
        return replace(
            self.drain(place, change, needs),
            id=f"{self.stage}/drain-new/{place.label}",
            why=f"with the former pipeline nobody reads the queues of {', '.join(change.coming)}",
            files=tuple(_coming(self, change)),
        )

    def reads(self, place: Place, change: PipelineChange, needs: Ids) -> Gate:
        """It reads every one of them, before anything else is changed."""
        why = "it reads every queue of the pipes that go, before the others stop reading them"
        targets = (drain_target(place),)
        return self._pipes("drains", GateKind.PIPELINE, targets, needs, why, change.vanishing)

    def drained(self, place: Place, pipes: tuple[str, ...], needs: Ids) -> Gate:
        """Nothing is left in them."""
        why = "what was left in the queues of the pipes that go was read and handled"
        targets = (drain_target(place),)
        return self._pipes("drained", GateKind.DRAINED, targets, needs, why, pipes)

    def drop(self, place: Place, needs: Ids) -> Step:
        """Take the agent that read them away again."""
        return Step(
            id=f"{self.stage}/drop/{place.label}",
            stage=self.stage,
            action=Action.REMOVE,
            targets=(drain_target(place),),
            release=None,
            needs=needs,
            why="nothing is left for it to read",
            judged_by="no process of it is left, and its unit is gone",
            undo="start it beside again",
        )

    def _pipes(
        self,
        name: str,
        kind: GateKind,
        targets: tuple[Target, ...],
        needs: Ids,
        why: str,
        pipes: tuple[str, ...],
    ) -> Gate:
        gate = self._gate(name, kind, targets, needs, why)
        return replace(gate, pipes=pipes, release=self._old_release())

    def _old_release(self) -> str:
        ran = (place.ran for place in self.situation.places[Component.NOTIFICATION])
        return next((release for release in ran if release not in {None, self.release}), None) or (
            self.release
        )


def pipeline_builder(build: Builder) -> PipelineBuilder:
    """The same stage of the same plan, with the nodes for another pipeline."""
    return PipelineBuilder(build.situation, build.pace, build.stage)


def old_agents_first(
    build: Builder, change: PipelineChange, barrier: Ids
) -> tuple[list[Wave], Ids]:
    """The waves that bring the new pipeline to the old agents, and what new agents wait for."""
    make, members = pipeline_builder(build), change.members
    before, read = _draining(make, change, barrier)
    writes = [make.write(place, read or barrier) for place in members]
    reload = make.reload(members, tuple(step.id for step in writes))
    gate = make.loaded(members, change, (reload.id,))
    after, exits = _drained(make, change, (gate.id,))
    return [*before, tuple(writes), (reload,), (gate,), *after], exits


def drained_while_down(
    build: Builder, change: PipelineChange | None, barrier: Ids
) -> tuple[list[Wave], Ids]:
    """The waves that empty the queues of pipes that go while all agents are stopped."""
    if change is None or not change.vanishing:
        return [], barrier
    make = pipeline_builder(build)
    before, read = _draining(make, change, barrier)
    after, exits = _drained(make, change, read)
    return [*before, *after], exits


def drain_target(place: Place) -> Target:
    """The unit of its own that reads the queues of pipes that go."""
    return replace(place.target, unit=place.unit + DRAIN_SUFFIX)


def beside_files(build: Builder) -> tuple[tuple[StepFile, ...], Options]:
    """The new files for a unit beside the host's, and the options that lead it there."""
    given = build.situation.request.files_of(Component.NOTIFICATION)
    files = tuple(StepFile(one.kind, one.digest, place=_place("new", one.kind)) for one in given)
    return files, tuple(_read_at(file) for file in files)


def _draining(
    make: PipelineBuilder, change: PipelineChange, barrier: Ids
) -> tuple[list[Wave], Ids]:
    if not change.vanishing:
        return [], ()
    step = make.drain(change.members[0], change, barrier)
    gate = make.reads(change.members[0], change, (step.id,))
    return [(step,), (gate,)], (gate.id,)


def _drained(make: PipelineBuilder, change: PipelineChange, needs: Ids) -> tuple[list[Wave], Ids]:
    if not change.vanishing:
        return [], needs
    gate = make.drained(change.members[0], change.vanishing, needs)
    step = make.drop(change.members[0], (gate.id,))
    return [(gate,), (step,)], (gate.id, step.id)


def _given(build: Builder) -> tuple[StepFile, ...]:
    given = build.situation.request.files_of(Component.NOTIFICATION)
    return tuple(StepFile(file.kind, file.digest) for file in given)


def _vanishing(place: Place, change: PipelineChange) -> Sequence[StepFile]:
    config = place.before.config if place.before is not None else None
    return [
        StepFile(
            kind,
            digest_of(config, kind) if config is not None else "",
            place=_place("drain", kind),
            origin=Origin.VANISHING,
            pipes=change.vanishing,
        )
        for kind in KINDS
    ]


def _coming(build: Builder, change: PipelineChange) -> Sequence[StepFile]:
    given = {kind: build.situation.request.file(kind) for kind in KINDS}
    return [
        StepFile(
            kind, file.digest if file else "", place=_place("drain", kind), pipes=change.coming
        )
        for kind, file in given.items()
    ]


def _alone(build: Builder) -> Options:
    """No notifications of its own, and a group of its own: a folder that only it uses."""
    files = build.situation.request.files_of(Component.NOTIFICATION)
    group = f"file:///tmp/ceilift-drain-{files[0].digest[:GROUP_DIGITS]}"
    return (
        *(
            ("DEFAULT", option, f"{FOLDER}/{_place('drain', kind)}")
            for kind, option in KINDS.items()
        ),
        ("coordination", "backend_url", group),
        ("oslo_messaging_notifications", "topics", ""),
    )


def _read_at(file: StepFile) -> tuple[str, str, str]:
    return ("DEFAULT", KINDS[file.kind], f"{FOLDER}/{file.place}")


def _place(prefix: str, kind: FileKind) -> str:
    return f"{prefix}-{kind.value}.yaml"
