"""The steps and gates a path is made of: their names, their reasons, how they are judged, undone.

Everything here is part of a plan's intent, so it depends on the baseline, the inventory and the
request alone, never on how far an upgrade has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ceilift.component import Component
from ceilift.database_evidence import BACKUP_ID, REHEARSE_ID, VERIFY_ID
from ceilift.estimate import Pace, gate_timeout_s
from ceilift.plan import Action, Gate, GateKind, Step, Target, Timing
from ceilift.plan_files import StepFile
from ceilift.situation import AGENT, Place, Situation

Ids = tuple[str, ...]
Wave = tuple[Step | Gate, ...]
Options = tuple[tuple[str, str, str], ...]  # section, name and value
DBSYNC_ID = "database/dbsync"
SAVE_ID, RESTORE_ID = "database/save", "database/restore"
START_API_ID = "api/start"

PROOF = {
    Component.COLLECTOR: (GateKind.COLLECTOR, "it consumes, and the backlog falls or stays empty"),
    Component.NOTIFICATION: (GateKind.NOTIFICATION, "polled samples pass through it"),
    Component.POLLING: (GateKind.POLLING, "fresh samples of its own resources arrive"),
}
WHY_STOP = {
    Component.COLLECTOR: "no new collector may start before every old one is stopped",
    Component.NOTIFICATION: "no new notification agent may start before every old one is stopped",
    Component.POLLING: "no new polling agent may start before all are down",
    Component.API: "the inventory has no API on this host, or the target release has none",
}


@dataclass(frozen=True, slots=True)
class Builder:
    """Makes the steps and gates of one stage of one plan."""

    situation: Situation
    pace: Pace
    stage: str

    @property
    def release(self) -> str:
        """The release the plan leads to."""
        return self.situation.target.version

    def backup(self, needs: Ids) -> Step:
        """Save the database, or record the operator's own snapshot."""
        inventory = self.situation.inventory
        policy = inventory.database.backup if inventory.database else None
        external = policy is not None and policy.policy == "external"
        return Step(
            id=BACKUP_ID,
            stage=self.stage,
            action=Action.BACKUP,
            targets=(Target(Component.DATABASE, self.situation.backup_host),),
            release=None,
            needs=needs,
            why="the schema change cannot be taken back without a copy",
            judged_by="the operator's word: the snapshot is recorded, unproven"
            if external
            else "the dump is whole; its size and SHA-256 are recorded",
            undo="nothing to undo" if external else "delete the dump",
        )

    def verify_backup(self, needs: Ids) -> Step:
        """Prove the dump: what cannot be restored is no backup."""
        return Step(
            id=VERIFY_ID,
            stage=self.stage,
            action=Action.VERIFY_BACKUP,
            targets=(Target(Component.DATABASE, self.situation.backup_host),),
            release=None,
            needs=needs,
            why="a dump that was never restored is a hope: it is restored into a scratch database",
            judged_by="the copy's schema, row counts and a sample's checksums are production's, up "
            "to the keys noted before the dump",
            undo="empty the scratch database",
        )

    def rehearse(self, needs: Ids) -> Step:
        """Try the migration on the copy."""
        command = self.situation.target.dbsync.command.value[0]
        return Step(
            id=REHEARSE_ID,
            stage=self.stage,
            action=Action.REHEARSE,
            targets=(Target(Component.DATABASE, self.situation.database_host),),
            release=None,
            needs=needs,
            why="a migration that fails, breaks the old release or takes too long is found on a "
            "copy",
            judged_by=f"{command} of {self.release} exits 0 on the copy before its deadline, and "
            "only adds to the schema",
            undo="empty the scratch database",
        )

    def dbsync(self, needs: Ids) -> Step:
        """Bring the schema to the target with the target's own command."""
        command = self.situation.target.dbsync.command.value[0]
        return Step(
            id=DBSYNC_ID,
            stage=self.stage,
            action=Action.DBSYNC,
            targets=(Target(Component.DATABASE, self.situation.database_host),),
            release=self.release,
            needs=needs,
            why="the database comes first: old agents write to the new schema, not new to the old",
            judged_by=f"{command} of {self.release} exits 0 before its deadline",
            undo="restore the backup, when approved; the old release also runs on the new schema",
        )

    def stop(self, place: Place, needs: Ids) -> Step:
        """Stop one unit and keep it from coming back by itself."""
        undo = f"start {place.ran} there again" if place.ran else "nothing to undo: none ran there"
        return Step(
            id=f"{self.stage}/stop/{place.label}",
            stage=self.stage,
            action=Action.STOP,
            targets=(place.target,),
            release=None,
            needs=needs,
            why=WHY_STOP[place.component],
            judged_by="no process of it is left, and nothing restarts it",
            undo=undo,
        )

    def clear(self, place: Place, needs: Ids, timing: Timing) -> Step:
        """Stop what an earlier run left under a unit of Ceilift's own, and take the unit away."""
        return Step(
            id=f"{self.stage}/clear/{place.label}",
            stage=self.stage,
            action=Action.REMOVE,
            targets=(place.target,),
            release=None,
            needs=needs,
            why="an earlier run started it beside the host's own and left it there",
            judged_by="no process of it is left, and its unit is gone",
            undo="nothing to undo: the host's own unit does its work",
            timing=timing,
        )

    def start(self, place: Place, needs: Ids, *, first: bool = False) -> Step:
        """Point one unit at the target release and start it; it is not restarted by itself yet."""
        alone = "one polling agent for the whole cloud polls first"
        return Step(
            id=f"{self.stage}/start/{place.label}",
            stage=self.stage,
            action=Action.START,
            targets=(place.target,),
            release=self.release,
            needs=needs,
            why=alone if first else f"the inventory has a {AGENT[place.component]} there",
            judged_by=f"its processes have loaded {self.release}",
            undo="stop it",
            files=self.given(place),
        )

    def given(self, place: Place) -> tuple[StepFile, ...]:
        """The operator's new files that an agent of the place reads, each taken whole."""
        files = self.situation.request.files_of(place.component)
        return tuple(StepFile(file.kind, file.digest) for file in files)

    def enable(self, place: Place, needs: Ids) -> Step:
        """Let the process manager restart a proven agent again."""
        return Step(
            id=f"{self.stage}/enable/{place.label}",
            stage=self.stage,
            action=Action.ENABLE,
            targets=(place.target,),
            release=self.release,
            needs=needs,
            why="it is proven: it may be restarted by itself again",
            judged_by="its process manager would start it again",
            undo="prevent its restart",
        )

    def warm(self, place: Place, needs: Ids) -> Step:
        """Load the target's API beside the one that serves."""
        return Step(
            id=f"{self.stage}/warm/{place.label}",
            stage=self.stage,
            action=Action.WARM_API,
            targets=(place.target,),
            release=self.release,
            needs=needs,
            why="the application loads lazily: its first request must not be a user's",
            judged_by="the new application answers one request in a process of its own",
            undo="nothing to undo: nothing was switched",
        )

    def switch(self, places: Sequence[Place], needs: Ids) -> Step:
        """Switch the API on all its hosts at once."""
        return Step(
            id=f"{self.stage}/switch",
            stage=self.stage,
            action=Action.SWITCH_API,
            targets=tuple(place.target for place in places),
            release=self.release,
            needs=needs,
            why="of one application never two versions serve: all hosts are switched in one step",
            judged_by=f"every host serves {self.release}; the seconds they differ are measured",
            undo="switch all of them back in one step",
        )

    def start_api(self, places: Sequence[Place], needs: Ids) -> Step:
        """Start the web servers that were stopped for a restore, pointed at the target's API."""
        return replace(
            self.switch(places, needs),
            id=START_API_ID,
            action=Action.START_API,
            why="its web servers were stopped for the restore; it now reads what was restored",
            judged_by=f"every host serves {self.release}",
            undo="stop the web servers again",
        )

    def all_stopped(self, places: Sequence[Place], needs: Ids) -> Gate:
        """Nothing of the component runs anywhere in the cloud."""
        why = "no process on any host, no connection on the broker, no live group member"
        targets = tuple(place.target for place in places)
        return self._gate("all-stopped", GateKind.ALL_STOPPED, targets, needs, why)

    def proven(self, place: Place, needs: Ids) -> Gate:
        """One agent shows that telemetry flows through it."""
        kind, why = PROOF[place.component]
        return self._gate(f"proven/{place.label}", kind, (place.target,), needs, why)

    def heard(self, places: Sequence[Place], needs: Ids) -> Gate:
        """The old notification agents have read all that old polling agents sent."""
        targets = tuple(place.target for place in places)
        why = (
            "the new ones lose what old polling agents sent: the old ones read it first, to the "
            "last message, also one that was given back"
        )
        return self._gate("heard", GateKind.HEARD, targets, needs, why)

    def first(self, place: Place, needs: Ids) -> Gate:
        """The first polling agent of the cloud shows that it polls; all others wait for it."""
        why = "fresh samples of its own resources arrive; no other agent starts before"
        return self._gate(f"first/{place.label}", GateKind.POLLING, (place.target,), needs, why)

    def served(self, places: Sequence[Place], needs: Ids) -> Gate:
        """Every API host answers, and all serve the target release."""
        targets = tuple(place.target for place in places)
        why = "every host answers 200 and none serves another release"
        return self._gate("proven", GateKind.API, targets, needs, why)

    def _gate(
        self,
        name: str,
        kind: GateKind,
        targets: tuple[Target, ...],
        needs: Ids,
        why: str,
        *,
        meters: Ids = (),
    ) -> Gate:
        return Gate(
            id=f"{self.stage}/{name}",
            stage=self.stage,
            kind=kind,
            targets=targets,
            release=self.release,
            needs=needs,
            why=why,
            timeout_s=gate_timeout_s(kind, self.pace),
            meters=meters,
        )
