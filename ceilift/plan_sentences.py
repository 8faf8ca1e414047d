"""What the steps and gates of a stage do, one sentence for all that do the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ceilift.component import Component
from ceilift.paths.nodes import START_API_ID
from ceilift.plan import Action, Gate, GateKind, Plan, Stage, Step
from ceilift.plan_files import Origin
from ceilift.plan_nodes import plan_nodes
from ceilift.situation import AGENT

NAMED = 8  # hosts named in one sentence; beyond, the first, the last and the number
SHOWN = 4  # findings of one kind shown in full
BESIDE = " beside the serving one"
TOGETHER = (GateKind.PIPELINE, GateKind.HEARD)  # gates about all their agents
Node = Step | Gate


def stage_sentences(plan: Plan, stage: Stage) -> tuple[str, ...]:
    """One sentence for all nodes that do the same, wave after wave."""
    nodes = plan_nodes(plan)
    groups: list[list[list[Node]]] = []
    for wave in stage.batches:
        for alike in _by_kind(nodes[node_id] for node_id in wave):
            if groups and _kind(groups[-1][-1][0]) == _kind(alike[0]):
                groups[-1].append(alike)
            else:
                groups.append([alike])
    pipeline = "former pipeline" if plan.request.rollback else "new pipeline"
    sentences = tuple(_sentence(batches, pipeline) for batches in groups)
    if any(nodes[n].id == START_API_ID for wave in stage.batches for n in wave):
        return tuple(one.replace(BESIDE, ", which serves nobody yet,") for one in sentences)
    return sentences


def _kind(node: Node) -> object:
    if isinstance(node, Gate):
        return (node.kind, is_first(node), node.meters, node.targets[0].component)
    return (node.action, _held_to(node), node.targets[0].component)


def _by_kind(nodes: Iterable[Node]) -> Iterable[list[Node]]:
    alike: dict[object, list[Node]] = {}
    for node in nodes:
        alike.setdefault(_kind(node), []).append(node)
    return alike.values()


def is_first(node: Node) -> bool:
    """Whether it is the gate of the one polling agent that polls before all others."""
    return node.id.startswith("polling/first/")


def _sentence(batches: Sequence[Sequence[Node]], pipeline: str) -> str:
    nodes = [node for batch in batches for node in batch]
    node = nodes[0]
    hosts = _places(nodes)
    if len(batches) > 1:
        hosts += f" in {len(batches)} batches"
    agent = AGENT.get(node.targets[0].component, "")
    if _are_several(nodes) and node.targets[0].component is not Component.API:
        agent += "s"
    if isinstance(node, Gate):
        return _gate_sentence(node, agent, hosts, pipeline)
    sentences = {
        Action.BACKUP: f"Save the database on {hosts}",
        Action.VERIFY_BACKUP: f"Restore it into the scratch database, on {hosts}, and compare",
        Action.REHEARSE: f"Rehearse the migration on that copy, from {hosts}",
        Action.DBSYNC: f"Migrate the database to {node.release} on {hosts} (no return from here)",
        Action.SAVE: f"Save the database as it is now on {hosts}: what goes is kept there",
        Action.RESTORE: f"Restore the dump into the database, from {hosts}, and compare (what was "
        "stored since is lost)",
        Action.STOP_API: f"Stop the web servers of the {agent} on {hosts}",
        Action.START_API: f"Start them again with the {agent} of {node.release} on {hosts}",
        Action.STOP: f"Stop the {agent} on {hosts} and prevent a restart",
        Action.START: f"Start the {agent} of {node.release} on {hosts}{_held_to(node)}",
        Action.ENABLE: f"Allow the restart of the {agent} on {hosts}",
        Action.BESIDE: f"Start the {agent} of {node.release} on {hosts} beside the old, as a unit "
        f"of its own{_held_to(node)}",
        Action.REMOVE: f"Stop the {agent} beside on {hosts} and take its unit away",
        Action.MERGE: f"Restart the {agent} on {hosts} with the whole polling file",
        Action.WARM_API: f"Load the API of {node.release}{BESIDE} on {hosts}",
        Action.SWITCH_API: f"Switch the API to {node.release} on {hosts}, all in one step",
        Action.WRITE: f"Write the {pipeline} for the {agent} on {hosts}, not loaded yet",
        Action.RELOAD: f"Reload the {agent} on {hosts}, all at the same moment",
    }
    if any(file.origin is Origin.FORMER for file in node.files) and node.action is Action.WRITE:
        return f"Give the {agent} on {hosts} the former pipeline back, not loaded yet"
    if node.targets[0].drains and node.action is Action.BESIDE:
        return f"Start an agent of {node.release} on {hosts} that reads only the pipes that go"
    if node.targets[0].drains:
        return f"Stop that agent on {hosts} and take its unit away"
    return sentences[node.action]


def _are_several(nodes: Sequence[Node]) -> bool:
    """Whether a sentence is about more agents than one; no agent at all counts as one."""
    together = isinstance(nodes[0], Step) or nodes[0].kind in TOGETHER
    return len(nodes) > 1 or (together and len(nodes[0].targets) > 1)


def _gate_sentence(gate: Gate, agent: str, hosts: str, pipeline: str) -> str:
    if is_first(gate):
        return f"Gate: the first polling agent polls ({hosts}); no other starts before"
    sentences = {
        GateKind.ALL_STOPPED: f"Gate: no {agent} runs anywhere in the cloud",
        GateKind.API: f"Gate: every API host answers with {gate.release} ({hosts})",
        GateKind.HEARD: f"Gate: the {agent} on {hosts} read what old polling agents sent",
        GateKind.DRAINED: f"Gate: the queues of {', '.join(gate.pipes)} are empty",
    }
    if gate.kind is GateKind.PIPELINE and gate.targets[0].drains:
        return f"Gate: it reads every queue of {', '.join(gate.pipes)}"
    if gate.kind is GateKind.PIPELINE:
        return (
            f"Gate: the {agent} on {hosts} have the {pipeline}, "
            "and every queue of its pipes is read"
        )
    proves = "prove themselves" if agent.endswith("s") else "proves itself"
    meters = f" by samples of {_few(gate.meters)}" if gate.meters else ""
    return sentences.get(gate.kind, f"Gate: the {agent} on {hosts} {proves}{meters}")


def _held_to(step: Step) -> str:
    """Which pollsters alone it polls, where a file of ours holds it to them."""
    names = dict.fromkeys(name for file in step.files for name in file.meters)
    return f", polling {_few(tuple(names))} alone" if names else ""


def _few(names: Sequence[str]) -> str:
    """`a, b, c and 17 more`."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _places(nodes: Sequence[Node]) -> str:
    """Where the nodes act: host names, with the unit where a host has two."""
    if all(node.id.count("/") > 1 for node in nodes):
        names = [node.id.split("/", 2)[-1] for node in nodes]
    else:
        names = [target.host for node in nodes for target in node.targets]
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{names[0]} to {names[-1]} ({len(names)} hosts)"
