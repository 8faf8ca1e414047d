"""How far a plan has come: which of its nodes the cloud and the evidence already satisfy.

The state of the cloud decides about stopping, starting and enabling; what no look can show (a
backup, a migration, a gate passed) counts when there is evidence of it for this target. An agent
of the target that runs counts only once the gate before its start was passed and while nothing
older of its kind runs: otherwise it has to go down again with the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ceilift.component import Component
from ceilift.database_evidence import DISPROVED, OUTDATED
from ceilift.paths.nodes import DBSYNC_ID, RESTORE_ID
from ceilift.pipeline_change import digest_of
from ceilift.plan import Action, Gate, GateKind, Plan, Step, Target
from ceilift.plan_files import FileKind
from ceilift.plan_nodes import plan_nodes
from ceilift.situation import Key, by_key, key_of
from ceilift.state import CloudState, Instance, Restart


class Progress:
    """Judges the nodes of one plan against one look at the cloud."""

    def __init__(self, plan: Plan, state: CloudState) -> None:
        self._plan = plan
        self._now = by_key(state.instances)
        self._half_restored = state.restorable is not None and state.restorable.half
        self._seen = {host.name for host in state.hosts if host.reachable}
        told = enumerate(state.evidence)
        releases = {node_id: {plan.to, one.release} for node_id, one in plan_nodes(plan).items()}
        self._proven = {
            one.node: order
            for order, one in told
            if one.release in releases.get(one.node, {plan.to})
        }
        self._gates = {gate.id: gate for gate in plan.gates}
        self._steps = {step.id: step for step in plan.steps}
        self._starts = self._steps_by_key(Action.START)
        self._stops = self._steps_by_key(Action.STOP)
        self._whole = {
            _key(step.targets[0]): {file.digest for file in step.files}
            for step in plan.steps
            if step.action is Action.MERGE
        }
        self._removes = self._steps_by_key(Action.REMOVE)
        self._clears = dict(self._cleared_for_another())
        self._waiting = frozenset(self._behind_the_restore())
        self._spoilt = {
            gate.stage
            for gate in plan.gates
            if gate.kind is GateKind.ALL_STOPPED and self._other_release_runs(gate)
        }

    def satisfied(self) -> frozenset[str]:
        """The ids of all steps and gates that need not be done (again)."""
        steps = [one for one in self._plan.steps if one.stage not in self._waiting]
        gates = [one for one in self._plan.gates if one.stage not in self._waiting]
        done = {step.id for step in steps if self._step_done(step)}
        return frozenset(done | {gate.id for gate in gates if self._gate_done(gate)})

    def _step_done(self, step: Step) -> bool:
        if step.stage == Component.DATABASE:
            return DBSYNC_ID in self._proven or self._saved(step)
        if step.action is Action.WARM_API and step.id in self._proven:
            return True
        if step.id in self._clears.values() or self._is_in_the_way(step):
            return step.id in self._proven and not self._is_in_the_way(step)
        if step.action in {Action.WRITE, Action.RELOAD} or step.targets[0].drains:
            return self._sharing_done(step)
        judge = {
            Action.STOP: self._rests,
            Action.START: self._runs,
            Action.ENABLE: self._enabled,
            Action.WARM_API: self._serves,
            Action.SWITCH_API: self._serves,
            Action.START_API: self._serves,
            Action.BESIDE: self._stood_beside,
            Action.REMOVE: self._removed,
            Action.MERGE: self._runs,
        }[step.action]
        if step.action is Action.MERGE and step.id not in self._proven:
            return False
        return all(judge(target) and self._has_files(step, target) for target in step.targets)

    def _behind_the_restore(self) -> Iterator[str]:
        """The stages whose agents are down until the database is restored, while that is not done.

        What runs there now, be it the right release, has to be stopped and started again.
        """
        if RESTORE_ID in self._steps and RESTORE_ID not in self._proven:
            down = {gate.targets[0].component for gate in self._plan.gates if _is_down(gate)}
            yield from (component.value for component in down)

    def _saved(self, step: Step) -> bool:
        """Whether it was done for the dump there is: one that was disproved has to be made anew."""
        if RESTORE_ID in self._proven:
            return True
        if step.id not in self._proven:
            return False
        if step.targets[0].component is not Component.DATABASE:
            return all(self._is_down(target) for target in step.targets)
        if step.action is Action.BACKUP:
            return not self._again(step.id, (DISPROVED,))
        if step.action is Action.SAVE:
            return self._half_restored or self._is_of_now(step)
        return not self._again(step.id, step.needs)

    def _is_of_now(self, step: Step) -> bool:
        """Whether nobody can have written since it was saved: all that writes is down as it was."""
        down = (self._gates[need] for need in step.needs if need in self._gates)
        again = self._again(step.id, (OUTDATED, *step.needs))
        return not again and all(self._gate_done(gate) for gate in down)

    def _has_files(self, step: Step, target: Target) -> bool:
        """Whether what a polling agent reads is what the step gave it, or what a later one did."""
        wanted = {file.digest for file in step.files if file.kind is FileKind.POLLING}
        now = self._instance(target)
        if not wanted or now is None or step.action not in {Action.START, Action.MERGE}:
            return True
        wanted |= self._whole.get(_key(target), set())
        return now.config.polling_digest in wanted

    def _gate_done(self, gate: Gate) -> bool:
        if _is_down(gate) and RESTORE_ID in self._proven:
            return True
        if gate.id not in self._proven:
            return False
        if _is_down(gate):
            down = all(self._is_down(target) for target in gate.targets)
            return down and not self._outdated(gate)
        if gate.kind is GateKind.ALL_STOPPED:
            return self._down_was_proven(gate)
        return not self._outdated(gate) and self._still_holds(gate)

    def _still_holds(self, gate: Gate) -> bool:
        """Whether what a gate proved is so still."""
        if gate.kind is GateKind.HEARD:
            return True
        if gate.kind is GateKind.API:
            return all(self._serves(target) for target in gate.targets)
        if gate.kind in {GateKind.PIPELINE, GateKind.DRAINED}:
            return self._sharing_was_proven(gate)
        return all(self._stood_beside(target) for target in gate.targets)

    def _stood_beside(self, target: Target) -> bool:
        """Whether it runs, or ran beside an old one until it was no longer needed."""
        return self._runs(target) or self._removed(target)

    def _removed(self, target: Target) -> bool:
        """Whether a unit of its own is gone: as its run said, or after all for which it stood."""
        step = self._removes.get(_key(target))
        if step is None or self._instance(target) is not None:
            return False
        stood = step.needs and self._gates.keys() & self._proven.keys() >= {*step.needs}
        return step.id in self._proven or bool(stood)

    def _is_in_the_way(self, step: Step) -> bool:
        """Whether what an earlier run left under the unit that the step makes has to go first."""
        clear = self._clears.get(_key(step.targets[0]))
        return step.action is Action.BESIDE and clear is not None and clear not in self._proven

    def _sharing_done(self, step: Step) -> bool:
        """Whether a step that brings another pipeline to agents that share work is done."""
        if step.action is Action.WRITE:
            return all(self._is_written(target, step) for target in step.targets)
        if step.action is Action.RELOAD:
            return self._was_reloaded(step)
        if step.action is Action.REMOVE:
            return self._removed(step.targets[0])
        return self._drains(step.targets[0], step.release)

    def _is_written(self, target: Target, step: Step) -> bool:
        """Whether the host's own files are those that the step puts there."""
        now = self._instance(target)
        if now is None or target.host not in self._seen:
            return False
        return all(digest_of(now.config, file.kind) == file.digest for file in step.files)

    def _was_reloaded(self, step: Step) -> bool:
        """Whether all were reloaded since their files were written, and have these still."""
        if step.id not in self._proven or self._again(step.id, step.needs):
            return False
        return all(self._step_done(self._steps[n]) for n in step.needs if n in self._steps)

    def _drains(self, target: Target, release: str | None) -> bool:
        """Whether it reads what is left, or did until nothing was."""
        now = self._instance(target)
        runs = now is not None and now.release == release and target.host in self._seen
        return runs or self._removed(target)

    def _sharing_was_proven(self, gate: Gate) -> bool:
        """Whether what it needs is done as it was when the gate was passed."""
        drains = (target for target in gate.targets if target.drains)
        if not all(self._drains(target, gate.release) for target in drains):
            return False
        before = (self._steps[need] for need in gate.needs if need in self._steps)
        return all(self._step_done(step) for step in before)

    def _down_was_proven(self, gate: Gate) -> bool:
        """Whether all were down at once: by now the target runs, or all rest as they did then."""
        if not all(self._settled(target) for target in gate.targets):
            return False
        if any(self._serves(target) for target in gate.targets):
            return True
        return not self._outdated(gate) and all(self._rests(target) for target in gate.targets)

    def _outdated(self, gate: Gate) -> bool:
        """Whether a step the gate needs was carried out once more after the gate was passed."""
        return self._again(gate.id, gate.needs)

    def _again(self, node: str, needs: tuple[str, ...]) -> bool:
        """Whether something the node needs was done once more after it."""
        passed = self._proven[node]
        return any(self._proven.get(need, passed) > passed for need in needs)

    def _is_down(self, target: Target) -> bool:
        """Whether nothing of it runs, whatever its release. An unseen host is never down."""
        now = self._instance(target)
        return target.host in self._seen and (now is None or not now.running)

    def _rests(self, target: Target) -> bool:
        """Whether nothing of it is left to stop, nor would start by itself."""
        now = self._instance(target)
        if not self._settled(target):
            return False
        if now is None or now.restart is Restart.PREVENTED:
            return True
        return self._wanted(target) and now.defined_release == self._plan.to

    def _runs(self, target: Target) -> bool:
        now = self._instance(target)
        running = now is not None and now.running and now.defined_release == self._plan.to
        return running and self._settled(target)

    def _enabled(self, target: Target) -> bool:
        now = self._instance(target)
        if now is None or now.restart is not Restart.ENABLED:
            return False
        return now.defined_release == self._plan.to and self._settled(target)

    def _serves(self, target: Target) -> bool:
        now = self._instance(target)
        return now is not None and now.release == self._plan.to and target.host in self._seen

    def _settled(self, target: Target) -> bool:
        """Whether it rests, or rightly runs the target. An unseen host is never settled."""
        if target.host not in self._seen:
            return False
        now = self._instance(target)
        if now is None or not now.running:
            return True
        return now.release == self._plan.to and self._wanted(target) and self._rightly(target)

    def _rightly(self, target: Target) -> bool:
        """Whether the gates before its start were passed and nothing older runs beside it."""
        start = self._starts.get(_key(target))
        if start is None:
            return True
        own = (need for need in start.needs if need in self._gates)
        passed = all(n in self._proven for n in own if self._gates[n].stage == start.stage)
        return passed and start.stage not in self._spoilt

    def _wanted(self, target: Target) -> bool:
        return _key(target) in self._starts or _key(target) not in self._stops

    def _other_release_runs(self, gate: Gate) -> bool:
        found = (self._instance(target) for target in gate.targets)
        return any(now.release not in {None, self._plan.to} for now in found if now is not None)

    def _instance(self, target: Target) -> Instance | None:
        return self._now.get(_key(target))

    def _cleared_for_another(self) -> Iterator[tuple[Key, str]]:
        """The steps that take a unit away which a later step makes anew."""
        besides = self._steps_by_key(Action.BESIDE)
        for node_id in (n for stage in self._plan.stages for wave in stage.batches for n in wave):
            step = self._steps.get(node_id)
            if step is None or step.action not in {Action.REMOVE, Action.BESIDE}:
                continue
            key = _key(step.targets[0])
            if step.action is Action.BESIDE:
                besides = {other: one for other, one in besides.items() if other != key}
            elif key in besides:
                yield key, step.id

    def _steps_by_key(self, action: Action) -> Mapping[Key, Step]:
        return {_key(step.targets[0]): step for step in self._plan.steps if step.action is action}


def _is_down(gate: Gate) -> bool:
    """Whether it proves that all of a kind are down for the database's sake."""
    return gate.stage == Component.DATABASE and gate.kind is GateKind.ALL_STOPPED


def _key(target: Target) -> Key:
    return key_of(target.component, target.host, target.unit)
