"""How far an upgrade has come, read from its evidence, intents and outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import Connection, select

from ceilift.database_evidence import DISPROVED, overruled
from ceilift.ledger.tables import evidence, lease, outcomes, run_ends, runs, upgrades
from ceilift.ledger.tables import intents as table
from ceilift.record import Intent, NodeState, NodeStatus
from ceilift.state import Evidence

DRY = "dry"


def intents(connection: Connection, upgrade: int) -> tuple[Intent, ...]:
    """Every intent of the upgrade in order, with its outcome where known."""
    query = (
        select(
            table,
            outcomes.c.status,
            outcomes.c.detail,
            outcomes.c.at.label("ended_at"),
        )
        .join(runs)
        .outerjoin(outcomes)
        .where(runs.c.upgrade_id == upgrade)
        .order_by(table.c.id)
    )
    return tuple(
        Intent(
            id=row.id,
            run=row.run_id,
            node=row.node,
            host=row.host,
            summary=row.summary,
            at=row.at,
            status=row.status or "",
            detail=row.detail or "",
            ended_at=row.ended_at or "",
        )
        for row in connection.execute(query)
    )


def unknown(found: Iterable[Intent]) -> tuple[Intent, ...]:
    """Intents without outcome that no later run's intent for the same node and host replaces."""
    newest: dict[tuple[str, str], int] = {}
    kept = list(found)
    for intent in kept:
        newest[intent.node, intent.host] = intent.run
    return tuple(
        intent
        for intent in kept
        if not intent.status and newest[intent.node, intent.host] == intent.run
    )


def status(
    connection: Connection, upgrade: int, nodes: Sequence[str], now: float
) -> tuple[NodeState, ...]:
    """What became of each node: evidence first, else the last run that intended it.

    Evidence that later evidence overrules tells nothing more, nor do the intents before that.
    """
    told = evidence_of(connection, upgrade)
    proven, over = {item.node: item for item in told}, overruled(told)
    by_node = _by_node(intents(connection, upgrade))
    live = live_runs(connection, upgrade, now)
    return tuple(
        _node_state(node, proven.get(node), by_node.get(node, []), live)
        if node not in over
        else _done_anew(node, over[node], by_node.get(node, []), live)
        for node in nodes
    )


def _done_anew(
    node: str, since: Evidence, found: Sequence[Intent], live: frozenset[int]
) -> NodeState:
    later = [item for item in found if item.at > since.at]
    if later or since.node != DISPROVED:
        return _node_state(node, None, later, live)
    host = next((item.host for item in found if item.host), "")
    return NodeState(node, NodeStatus.FAILED, host, since.at, since.detail)


def _by_node(found: Iterable[Intent]) -> dict[str, list[Intent]]:
    ordered = sorted(found, key=lambda item: item.node)
    return {node: list(items) for node, items in groupby(ordered, key=lambda item: item.node)}


def _node_state(
    node: str, proof: Evidence | None, found: Sequence[Intent], live: frozenset[int]
) -> NodeState:
    host = next((item.host for item in found if item.host), "")
    if proof is not None:
        return NodeState(node, NodeStatus.DONE, host, proof.at, proof.detail)
    last_run = max((item.run for item in found), default=0)
    tries = [item for item in found if item.run == last_run and item.status != DRY]
    if not tries:
        return NodeState(node, NodeStatus.NOT_STARTED)
    pending = [item for item in tries if not item.status]
    if pending:
        word = NodeStatus.RUNNING if last_run in live else NodeStatus.UNKNOWN
        return NodeState(node, word, host, pending[-1].at, pending[-1].summary)
    last = max(tries, key=lambda item: item.ended_at)
    return NodeState(node, _ended(last.status), host, last.ended_at, last.detail)


def _ended(word: str) -> NodeStatus:
    """The status an outcome stands for; words that are none of ours mean it did not succeed."""
    known = {item.value: item for item in NodeStatus}
    return known.get(word, NodeStatus.FAILED)


def evidence_of(connection: Connection, upgrade: int) -> tuple[Evidence, ...]:
    """All evidence of the upgrade, in the order it was written."""
    rows = connection.execute(
        select(evidence).where(evidence.c.upgrade_id == upgrade).order_by(evidence.c.id)
    )
    return tuple(Evidence(row.node, row.release, row.at, row.detail) for row in rows)


def live_runs(connection: Connection, upgrade: int, now: float) -> frozenset[int]:
    """Runs without an end whose lease is still theirs."""
    query = (
        select(runs.c.id)
        .join(upgrades)
        .join(lease, lease.c.cloud == upgrades.c.cloud)
        .outerjoin(run_ends)
        .where(
            runs.c.upgrade_id == upgrade,
            run_ends.c.id.is_(None),
            lease.c.token == runs.c.token,
            lease.c.expires_at > now,
        )
    )
    return frozenset(connection.scalars(query))
