"""New pollsters in a group of their own, beside the old agents, until all can poll both.

Resources are spread over the members of a group, pollsters are not. So the new agents begin beside
the old ones with a group prefix of their own and poll only the new pollsters; the old agents are
upgraded one by one and go on polling what they polled, as far as the target still has it; and when
the last is upgraded, each takes over the whole polling file, between two of its ticks, before the
agents beside are taken away. See docs/adr/0009-merge-member-by-member.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ceilift.digest import digest
from ceilift.inventory_hosts import BESIDE_SUFFIX
from ceilift.paths.nodes import Ids, Options, Wave
from ceilift.paths.rolling_nodes import RollingBuilder
from ceilift.plan import FOLDER, Gate, Step, Timing
from ceilift.plan_files import FileKind, Origin, StepFile
from ceilift.pollster_change import PollsterChange, new_sources, old_sources
from ceilift.pollsters import PollingSource, polling_yaml, restricted
from ceilift.situation import Place

OWN_PREFIX = "ceilift-new"
APART = (
    "it polls the new meters in a group of its own: on the old agents' shares they would be missing"
)
MERGED_ALL = "every agent of the group polls the new meters, too"


@dataclass(frozen=True, slots=True)
class Separate:
    """The way of one group whose release brings new pollsters: its members in turn."""

    build: RollingBuilder
    change: PollsterChange
    members: Sequence[Place]

    def waves(self, barrier: Ids) -> tuple[list[Wave], Ids]:
        """Everything in order, and what the next batch has to wait for."""
        besides, proven = self._begun_beside(barrier)
        upgraded, ready = self._upgraded(proven)
        merged, gates = self._merged(ready)
        removes = tuple(
            replace(self.build.remove(place, gates, Timing.NONE), why=MERGED_ALL)
            for place in self.members
        )
        waves = [*besides, *upgraded, *merged, removes]
        return waves, (*gates, *(step.id for step in removes))

    def _begun_beside(self, barrier: Ids) -> tuple[list[Wave], Ids]:
        """The first one proven before the others join its group, one after the other."""
        waves, gates, need = list[Wave](), list[Gate](), barrier
        for place in self.members:
            step = self._beside(place, need)
            gates.append(self.build.proven_beside(place, (step.id,), self.change.new))
            need = (gates[0].id, step.id)
            waves.append((step,))
            if len(gates) == 1:
                waves.append((gates[0],))
        waves += [tuple(gates[1:])] if gates[1:] else []
        return waves, tuple(gate.id for gate in gates)

    def _upgraded(self, barrier: Ids) -> tuple[list[Wave], Ids]:
        """Each old one replaced by the target, which polls what both releases poll."""
        waves, need = list[Wave](), barrier
        for place in self.members:
            stop = self.build.retire(place, need, Timing.LEAVE, proven=False)
            start = self._held(place, (stop.id,))
            gate = self.build.proven(place, (start.id,))
            waves += [(stop,), (start,), (gate,), (self.build.enable(place, (gate.id,)),)]
            need = (gate.id,)
        return waves, need

    def _merged(self, barrier: Ids) -> tuple[list[Wave], Ids]:
        """Each takes the whole polling file; then it polls its share of the new pollsters, too."""
        waves, need = list[Wave](), barrier
        meters = tuple(sorted({*self.change.new, *self.change.kept}))
        for place in self.members:
            step = self.build.merge(place, need, self._whole(place))
            gate = self.build.merged(place, (step.id,), meters)
            waves += [(step,), (gate,)]
            need = (gate.id,)
        return waves, need

    def _beside(self, place: Place, needs: Ids) -> Step:
        sources = new_sources(self.build.situation, place)
        name = f"{place.unit}{BESIDE_SUFFIX}.polling.yaml"
        origin = Origin.BEFORE if self._given(place) is None else Origin.GIVEN
        file = _only(sources, self.change.new, name, origin)
        options = (*_reads(name), ("polling", "partitioning_group_prefix", OWN_PREFIX))
        step = self.build.beside(place, needs, Timing.JOIN, options, (file,))
        return replace(step, why=APART)

    def _held(self, place: Place, needs: Ids) -> Step:
        name = f"{place.unit}.polling.yaml"
        file = _only(old_sources(place), self.change.kept, name, Origin.BEFORE)
        return self.build.held(place, needs, Timing.JOIN, _reads(name), (file,))

    def _whole(self, place: Place) -> StepFile:
        """The operator's new file, else what the host has all along."""
        given = self._given(place)
        if given is not None:
            return given
        before = place.before.config.polling_digest if place.before is not None else ""
        return StepFile(FileKind.POLLING, before, origin=Origin.HOST)

    def _given(self, place: Place) -> StepFile | None:
        files = self.build.given(place)
        return files[0] if files else None


def _only(
    sources: Sequence[PollingSource], names: Sequence[str], place: str, origin: Origin
) -> StepFile:
    """The file that holds an agent to exactly these pollsters."""
    text = polling_yaml(restricted(sources, names, names))
    return StepFile(FileKind.POLLING, digest(text), place, tuple(names), origin)


def _reads(name: str) -> Options:
    return (("polling", "cfg_file", f"{FOLDER}/{name}"),)
