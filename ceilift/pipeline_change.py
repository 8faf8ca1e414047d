"""What new pipeline files change for notification agents that share their work.

Everything here follows from the baseline, the request and its files, never from how far an upgrade
has come: so it is the same at every look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ceilift.component import Component
from ceilift.pipeline import LoadSeen, LoadWanted, Pipelines, differences
from ceilift.plan_files import FileKind
from ceilift.situation import Place, Situation
from ceilift.state import AgentConfig

NOTIFICATION = Component.NOTIFICATION


@dataclass(frozen=True, slots=True)
class PipelineChange:
    """What the files change for the agents that share work (`members`, those that ran before).

    `differs` says it in words, empty where they mean the same. `pipes` are the names of the pipes
    there will be, `vanishing` those that go, `coming` those that are new. `unknown` says why it
    cannot be told.
    """

    members: tuple[Place, ...]
    differs: tuple[str, ...] = ()
    pipes: tuple[str, ...] = ()
    vanishing: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    unknown: str = ""


def pipeline_change(situation: Situation) -> PipelineChange | None:
    """The change; None without new files, or where no agent that is replaced shares its work."""
    places = [place for place in situation.places[NOTIFICATION] if not place.is_ours]
    old = any(place.is_old(situation.target.version) for place in places)
    members = tuple(place for place in places if _shares(situation, place))
    if not ((old or _half_written(situation, members)) and members and _digests(situation)):
        return None
    before = {place: pipes for place in members if (pipes := _pipelines(place)) is not None}
    if len(before) < len(members):
        return PipelineChange(members, unknown="the pipelines that run were not read")
    return _from(situation, before)


def _from(situation: Situation, before: Mapping[Place, Pipelines]) -> PipelineChange:
    """From what agents have by now. One that differs comes first: it is the one to read about."""
    differs = {
        place: differences(pipes, after_change(situation, pipes)) for place, pipes in before.items()
    }
    members = tuple(sorted(before, key=lambda place: not differs[place]))
    after = after_change(situation, before[members[0]])
    names = {pipe.name for pipe in after.pipes}
    ran = [frozenset(pipe.name for pipe in pipes.pipes) for pipes in before.values()]
    return PipelineChange(
        members,
        differs[members[0]],
        pipes=tuple(sorted(names)),
        vanishing=tuple(sorted(frozenset[str]().union(*ran) - names)),
        coming=tuple(sorted(names - ran[0].intersection(*ran))),
    )


def _half_written(situation: Situation, members: Iterable[Place]) -> bool:
    """Whether, on the way back, agents of the former release have files that it did not have."""
    files = situation.request.files_of(NOTIFICATION) if situation.request.rollback else ()
    configs = [place.before.config for place in members if place.before is not None]
    return any(digest_of(one, file.kind) != file.digest for one in configs for file in files)


def after_change(situation: Situation, before: Pipelines) -> Pipelines:
    """The pipelines an agent has with the new files; what no file is given for stays."""
    given = situation.state.new_files
    samples, events = given.pipeline or before, given.event_pipeline or before
    pipes = [pipe for pipe in samples.pipes if pipe.kind == "sample"]
    pipes += [pipe for pipe in events.pipes if pipe.kind == "event"]
    return replace(before, pipes=tuple(pipes))


def old_first(situation: Situation) -> PipelineChange | None:
    """The change, where the stage rolls and old agents have to load the files before new ones."""
    change = pipeline_change(situation) if rolls_notification(situation) else None
    return change if change is not None and change.differs else None


def rolls_notification(situation: Situation) -> bool:
    """Whether notification agents are taken host by host."""
    request, name = situation.request, NOTIFICATION.value
    chosen = not request.only or name in request.only
    return request.path == "partial" and name not in request.stop_all and chosen


def loads_wanted(situation: Situation) -> tuple[LoadWanted, ...]:
    """Which old releases to ask whether they load the new files: on every host of such an agent.

    None where each is there already, among `state.loads`.
    """
    change = old_first(situation)
    if change is None:
        return ()
    digests = _digests(situation)
    wanted = (LoadWanted(one.host, one.ran, digests) for one in change.members if one.ran)
    return tuple(one for one in wanted if load_of(situation, one) is None)


def load_of(situation: Situation, wanted: LoadWanted) -> LoadSeen | None:
    """The answer to that question; None where it was not asked."""
    key = (wanted.host, wanted.release, wanted.digests)
    seen = situation.state.loads
    return next((one for one in seen if (one.host, one.release, one.digests) == key), None)


def loads_of(situation: Situation) -> Iterator[tuple[Place, LoadSeen | None]]:
    """Every old agent that has to load the new files, with what its release says of them."""
    change = old_first(situation)
    for place in change.members if change is not None else ():
        if place.ran:
            wanted = LoadWanted(place.host, place.ran, _digests(situation))
            yield place, load_of(situation, wanted)


def digest_of(config: AgentConfig, kind: FileKind) -> str:
    """The SHA-256 of the agent's own file of that kind; empty: it has none."""
    return {
        FileKind.POLLING: config.polling_digest,
        FileKind.PIPELINE: config.pipeline_digest,
        FileKind.EVENT_PIPELINE: config.event_pipeline_digest,
    }[kind]


def _digests(situation: Situation) -> tuple[str, ...]:
    return tuple(file.digest for file in situation.request.files_of(NOTIFICATION))


def _shares(situation: Situation, place: Place) -> bool:
    """Whether an agent ran there that shares work, and its release can."""
    before = place.before
    if before is None or not before.running or not before.config.workload_partitioning:
        return False
    release = situation.catalogue.releases.get(before.release or "")
    return release is not None and release.notification.partitioning.value


def _pipelines(place: Place) -> Pipelines | None:
    return None if place.before is None else place.before.config.pipelines
