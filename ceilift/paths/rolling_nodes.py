"""The steps and gates that only a rolling path has: new instances beside old ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ceilift.component import Component
from ceilift.inventory_hosts import BESIDE_SUFFIX
from ceilift.paths.nodes import PROOF, Builder, Ids, Options
from ceilift.paths.pipeline_nodes import beside_files
from ceilift.pipeline_change import old_first
from ceilift.plan import Action, Gate, GateKind, Step, Target, Timing
from ceilift.plan_files import StepFile
from ceilift.situation import AGENT, Place

Files = tuple[StepFile, ...]
ANY_PORT: Options = (("collector", "udp_port", "0"),)  # two collectors cannot bind one UDP port
SURGED = {
    Component.COLLECTOR: "both consume metering.sample; the old one is retired when it is proven",
    Component.NOTIFICATION: "both consume notifications; the old one is retired when it is proven",
    Component.POLLING: "the old one goes on polling until it is proven",
}
NEW_ONES = "fresh samples of the new meters arrive, and none of the old is polled twice"
HELD = (
    "it takes part in the old group, and polls what old and new agents poll: a pollster that the "
    "others lack would be polled on its share alone"
)
MERGED = "all agents of the group are upgraded: now each polls old and new pollsters alike"
STOPPED = "it is replaced: the others of its kind go on meanwhile"
RETIRED = "the new one beside it is proven"


@dataclass(frozen=True, slots=True)
class RollingBuilder(Builder):
    """Makes the steps and gates of one rolling stage."""

    def beside(
        self,
        place: Place,
        needs: Ids,
        timing: Timing,
        options: Options,
        files: Files = (),
    ) -> Step:
        """Start the target under a unit of its own, beside the old one.

        A notification agent there reads the new files under names of their own: the host's files
        are the old one's, unless that has the new ones already.
        """
        own, told = self._new_files(place)
        return Step(
            id=f"{self.stage}/beside/{place.label}",
            stage=self.stage,
            action=Action.BESIDE,
            targets=(surge_target(place),),
            release=self.release,
            needs=needs,
            why=SURGED[place.component],
            judged_by=f"its processes have loaded {self.release}",
            undo="stop it and take its unit away",
            timing=timing,
            options=(*options, *told),
            files=(*files, *own),
        )

    def _new_files(self, place: Place) -> tuple[Files, Options]:
        if place.component is not Component.NOTIFICATION or old_first(self.situation) is not None:
            return (), ()
        return beside_files(self)

    def proven_beside(self, place: Place, needs: Ids, meters: Ids = ()) -> Gate:
        """The one beside shows that telemetry flows through it, before the old one is retired."""
        kind, why = PROOF[place.component]
        name, target = f"proven-beside/{place.label}", surge_target(place)
        return self._gate(name, kind, (target,), needs, NEW_ONES if meters else why, meters=meters)

    def held(
        self, place: Place, needs: Ids, timing: Timing, options: Options, files: Files
    ) -> Step:
        """Start the target under the host's own unit, held to what old and new agents poll."""
        step = self.risen(place, needs, timing)
        return replace(step, options=options, files=files, why=HELD)

    def merge(self, place: Place, needs: Ids, file: StepFile) -> Step:
        """Restart an agent of the target with the whole polling file, between two of its ticks."""
        return Step(
            id=f"{self.stage}/merge/{place.label}",
            stage=self.stage,
            action=Action.MERGE,
            targets=(place.target,),
            release=self.release,
            needs=needs,
            why=MERGED,
            judged_by=f"its processes have loaded {self.release}, with the whole polling file",
            undo="restart it with the pollsters that the old release has, too",
            timing=Timing.LEAVE,
            files=(file,),
        )

    def merged(self, place: Place, needs: Ids, meters: Ids) -> Gate:
        """All meters, old and new, are polled since it has the whole file."""
        why = "fresh samples of old and new meters arrive"
        return self._gate(
            f"merged/{place.label}", GateKind.POLLING, (place.target,), needs, why, meters=meters
        )

    def remove(self, place: Place, needs: Ids, timing: Timing) -> Step:
        """Stop the one beside and take its unit away."""
        return Step(
            id=f"{self.stage}/remove/{place.label}",
            stage=self.stage,
            action=Action.REMOVE,
            targets=(surge_target(place),),
            release=None,
            needs=needs,
            why=f"the {AGENT[place.component]} under the host's own unit is proven",
            judged_by="no process of it is left, and its unit is gone",
            undo="start it beside again",
            timing=timing,
        )

    def retire(self, place: Place, needs: Ids, timing: Timing, *, proven: bool) -> Step:
        """Stop an old one: because its successor is proven, or because it is replaced in place."""
        return replace(self.stop(place, needs), why=RETIRED if proven else STOPPED, timing=timing)

    def risen(self, place: Place, needs: Ids, timing: Timing) -> Step:
        """Start the target under the host's own unit."""
        return replace(self.start(place, needs), timing=timing)


def surge_target(place: Place) -> Target:
    """The unit of its own beside a place's unit."""
    return replace(place.target, unit=place.unit + BESIDE_SUFFIX)
