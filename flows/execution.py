"""A plan becomes Prefect task runs: its edges become wait_for, its waves become batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prefect import allow_failure
from prefect.futures import PrefectFuture

from ceilift.component import Component
from ceilift.plan import Gate, Plan, Stage, Step
from tasks.catalog import task_for

NODE_BY_NODE = 40  # nodes of one kind in a wave: beyond, one task run carries a batch of them
BATCH = 50


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes that one task run carries out: one, or a batch of one kind from one wave."""

    name: str
    nodes: tuple[str, ...]


def groups(plan: Plan, stage: Stage) -> Iterator[Group]:
    """The task runs of a stage, in an order in which every need comes first."""
    for wave in stage.batches:
        by_kind: dict[str, list[Step | Gate]] = {}
        for node_id in wave:
            node = plan.node(node_id)
            by_kind.setdefault(kind(node), []).append(node)
        for nodes in by_kind.values():
            yield from _split(nodes)


def kind(node: Step | Gate) -> str:
    """What a node does, in a word for task run names and grouping."""
    return f"prove {node.kind.value}" if isinstance(node, Gate) else node.action.value


def run_name(node: Step | Gate) -> str:
    """The task run's name: what happens, to what, where."""
    hosts = ", ".join(target.host for target in node.targets[:4])
    more = f" and {len(node.targets) - 4} more" if len(node.targets) > 4 else ""  # noqa: PLR2004 - four names fit
    if isinstance(node, Step) and node.stage == Component.DATABASE:
        if node.targets[0].component is not Component.DATABASE:  # down for a restore
            return f"{node.id.partition('/')[2].split('/')[0].replace('-', ' ')} on {hosts}{more}"
        return f"{node.action.value} on {hosts}"
    if isinstance(node, Step):
        verb = node.action.value.removesuffix(f"-{node.stage}")
        return f"{verb} {node.stage} on {hosts}{more}"
    return f"gate {node.id}"


def submit(
    plan: Plan, stage: Stage, done: dict[str, PrefectFuture[Any]], *, tolerant: bool = False
) -> list[PrefectFuture[Any]]:
    """Submit a stage's task runs, each waiting for those its nodes need; `done` grows by them.

    In a `tolerant` stage a task run begins also after one that failed: whether its nodes may is
    decided there, by the failure budget.
    """
    submitted = []
    for group in groups(plan, stage):
        nodes = [plan.node(node_id) for node_id in group.nodes]
        needed = _waits(nodes, done)
        wait_for = [allow_failure(future) for future in needed] if tolerant else needed
        task = task_for(nodes[0]).with_options(task_run_name=group.name)
        future = task.submit(list(group.nodes), return_state=False, wait_for=wait_for)
        done.update(dict.fromkeys(group.nodes, future))
        submitted.append(future)
    return submitted


def _split(nodes: Sequence[Step | Gate]) -> Iterator[Group]:
    if len(nodes) <= NODE_BY_NODE:
        yield from (Group(run_name(node), (node.id,)) for node in nodes)
        return
    for start in range(0, len(nodes), BATCH):
        part = nodes[start : start + BATCH]
        name = f"{kind(part[0])} {part[0].stage}, batch {start // BATCH + 1} ({len(part)} hosts)"
        yield Group(name, tuple(node.id for node in part))


def _waits(
    nodes: Sequence[Step | Gate], done: dict[str, PrefectFuture[Any]]
) -> list[PrefectFuture[Any]]:
    """The futures the nodes need, each once, in a stable order. A need outside the plan is done."""
    needed = (done[need] for node in nodes for need in node.needs if need in done)
    return list({id(future): future for future in needed}.values())
