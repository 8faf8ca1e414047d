"""What is read from the ledger: each query gives plain data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select

from ceilift.clock import Interval
from ceilift.ledger.progress import evidence_of, live_runs
from ceilift.ledger.rows import UNDOES
from ceilift.ledger.tables import (
    accepted_findings,
    activity,
    approval_terms,
    approvals,
    baselines,
    documents,
    hosts_aside,
    hosts_back,
    intents,
    intervals,
    outcomes,
    questions,
    readings,
    run_ends,
    runs,
    turns,
    upgrade_ends,
    upgrades,
)
from ceilift.plan import Accepted
from ceilift.record import (
    Activity,
    Approval,
    Document,
    HostAside,
    NodeStatus,
    NodeTime,
    OpenUpgrade,
    PastUpgrade,
    Question,
    Reading,
)

NEWEST = 1000


def open_upgrade(connection: Connection, cloud: str, now: float) -> OpenUpgrade | None:
    """The upgrade of that cloud that has no end."""
    query = (
        select(upgrades, baselines.c.instances)
        .join(baselines)
        .outerjoin(upgrade_ends)
        .where(upgrades.c.cloud == cloud, upgrade_ends.c.id.is_(None))
        .order_by(upgrades.c.id)
    )
    row = connection.execute(query).first()
    return None if row is None else _upgrade(connection, row, now)


def upgrade(connection: Connection, number: int, now: float) -> OpenUpgrade:
    """The upgrade of that number, open or ended."""
    query = select(upgrades, baselines.c.instances).join(baselines).where(upgrades.c.id == number)
    return _upgrade(connection, connection.execute(query).one(), now)


def _upgrade(connection: Connection, row: Row[Any], now: float) -> OpenUpgrade:
    return OpenUpgrade(
        id=row.id,
        cloud=row.cloud,
        opened_at=row.at,
        path=row.path,
        to=row.to,
        plan_hash=row.plan_hash,
        plan=row.plan,
        baseline=json.loads(row.instances),
        evidence=evidence_of(connection, row.id),
        state=_state(connection, row.id, now),
    )


def _state(connection: Connection, upgrade: int, now: float) -> str:
    query = (
        select(runs.c.id, runs.c.token, run_ends.c.outcome)
        .outerjoin(run_ends)
        .where(runs.c.upgrade_id == upgrade)
        .order_by(runs.c.id.desc())
    )
    row = connection.execute(query).first()
    if row is None:
        return "waiting"
    if row.outcome is not None:
        return str(row.outcome)
    return "running" if row.id in live_runs(connection, upgrade, now) else "interrupted"


def history(connection: Connection, cloud: str) -> tuple[PastUpgrade, ...]:
    """Every upgrade of the cloud, the newest first."""
    count = select(func.count()).where(runs.c.upgrade_id == upgrades.c.id).scalar_subquery()
    ends = select(
        upgrades,
        upgrade_ends.c.at.label("ended_at"),
        upgrade_ends.c.outcome,
        upgrade_ends.c.detail,
        count.label("runs"),
    )
    rows = connection.execute(
        ends.outerjoin(upgrade_ends).where(upgrades.c.cloud == cloud).order_by(upgrades.c.id.desc())
    )
    undoes = _undoes(connection, cloud)
    undone_by = {number: by for by, number in undoes.items()}
    return tuple(
        PastUpgrade(
            id=row.id,
            opened_at=row.at,
            path=row.path,
            releases=row.releases,
            to=row.to,
            plan_hash=row.plan_hash,
            runs=row.runs,
            approved_by=found.name if (found := approval(connection, row.id)) else "",
            ended_at=row.ended_at or "",
            outcome=row.outcome or "",
            detail=row.detail or "",
            undoes=undoes.get(row.id),
            undone_by=undone_by.get(row.id),
        )
        for row in rows
    )


def _undoes(connection: Connection, cloud: str) -> dict[int, int]:
    """Which upgrade each rollback takes back, the oldest first."""
    query = (
        select(documents.c.upgrade_id, documents.c.name)
        .join(upgrades)
        .where(upgrades.c.cloud == cloud, documents.c.kind == UNDOES)
        .order_by(documents.c.upgrade_id)
    )
    return {row.upgrade_id: int(row.name) for row in connection.execute(query)}


def approval(connection: Connection, upgrade: int, plan_hash: str | None = None) -> Approval | None:
    """The first approval of the upgrade, or the newest of one plan of it."""
    query = (
        select(approvals, approval_terms.c.until)
        .outerjoin(approval_terms, approval_terms.c.approval_id == approvals.c.id)
        .where(approvals.c.upgrade_id == upgrade)
    )
    if plan_hash is None:
        query = query.order_by(approvals.c.id)
    else:
        query = query.where(approvals.c.plan_hash == plan_hash).order_by(approvals.c.id.desc())
    row = connection.execute(query).first()
    return None if row is None else Approval(row.plan_hash, row.name, row.at, row.how, row.until)


def question(connection: Connection, flow_run: str, gate: str) -> Question | None:
    """What that flow run asked first at the gate."""
    query = select(questions).where(questions.c.flow_run == flow_run, questions.c.gate == gate)
    row = connection.execute(query.order_by(questions.c.id)).first()
    return None if row is None else Question(row.gate, row.plan_hash, row.plan, row.at)


def documents_of(connection: Connection, upgrade: int, kind: str) -> tuple[Document, ...]:
    """The upgrade's documents of one kind."""
    rows = connection.execute(_of(documents, upgrade).where(documents.c.kind == kind))
    return tuple(Document(row.kind, row.name, row.at, row.body) for row in rows)


def accepted_of(connection: Connection, upgrade: int) -> tuple[Accepted, ...]:
    """Every finding accepted for the upgrade."""
    rows = connection.execute(_of(accepted_findings, upgrade))
    return tuple(Accepted(row.finding, row.reason) for row in rows)


def median_activity(connection: Connection, cloud: str) -> Activity:
    """Medians over the newest measurements."""
    query = select(activity).where(activity.c.cloud == cloud).order_by(activity.c.id.desc())
    rows = connection.execute(query.limit(NEWEST)).all()
    return Activity(
        publish_rate=_median(row.publish_rate for row in rows),
        insert_rate=_median(row.insert_rate for row in rows),
        measurements=len(rows),
    )


def newest_turns(connection: Connection, cloud: str) -> tuple[str, ...]:
    """The order in which the cloud's newest plan replaces polling agents."""
    query = select(turns.c.agents).where(turns.c.cloud == cloud).order_by(turns.c.id.desc())
    return tuple(json.loads(connection.scalar(query.limit(1)) or "[]"))


def node_times(connection: Connection, cloud: str) -> tuple[NodeTime, ...]:
    """How long the nodes of the cloud's upgrades took that were done, the newest first."""
    query = (
        select(intents.c.node, intents.c.at, outcomes.c.at.label("ended_at"))
        .join(outcomes, outcomes.c.intent_id == intents.c.id)
        .join(runs, runs.c.id == intents.c.run_id)
        .join(upgrades, upgrades.c.id == runs.c.upgrade_id)
        .where(upgrades.c.cloud == cloud, outcomes.c.status == NodeStatus.DONE)
        .order_by(intents.c.id.desc())
        .limit(NEWEST)
    )
    return tuple(
        NodeTime(row.node, _seconds_between(row.at, row.ended_at))
        for row in connection.execute(query)
    )


def _seconds_between(begun: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def intervals_of(connection: Connection, upgrade: int) -> tuple[Interval, ...]:
    """The time lines of all runs of the upgrade."""
    query = select(intervals).join(runs).where(runs.c.upgrade_id == upgrade)
    rows = connection.execute(query.order_by(intervals.c.id))
    return tuple(Interval(row.kind, row.label, row.start, row.end) for row in rows)


def readings_of(connection: Connection, upgrade: int) -> tuple[Reading, ...]:
    """All measured values of the upgrade, by time."""
    query = select(readings).join(runs).where(runs.c.upgrade_id == upgrade)
    rows = connection.execute(query.order_by(readings.c.at, readings.c.id))
    return tuple(Reading(row.at, row.subject, row.value) for row in rows)


def hosts_aside_of(connection: Connection, cloud: str) -> tuple[HostAside, ...]:
    """Hosts set aside and still open."""
    rows = connection.execute(_open_asides(cloud))
    return tuple(HostAside(row.host, row.reason, row.at, row.upgrade_id, row.to) for row in rows)


def open_asides(connection: Connection, cloud: str, host: str) -> tuple[int, ...]:
    """Ids of the rows by which that host is still set aside."""
    rows = connection.execute(_open_asides(cloud).where(hosts_aside.c.host == host))
    return tuple(row.id for row in rows)


def _open_asides(cloud: str) -> Select[Any]:
    return (
        select(hosts_aside, upgrades.c.to)
        .join(upgrades)
        .outerjoin(hosts_back)
        .where(upgrades.c.cloud == cloud, hosts_back.c.id.is_(None))
        .order_by(hosts_aside.c.id)
    )


def _of(table: Table, upgrade: int) -> Select[Any]:
    return select(table).where(table.c.upgrade_id == upgrade).order_by(table.c.id)
