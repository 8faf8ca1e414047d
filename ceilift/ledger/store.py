"""The ledger: every intent before the act, every outcome after it, and what was proven."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Table, insert

from ceilift import clock
from ceilift.clock import Interval
from ceilift.errors import RefusedError
from ceilift.ledger import progress, queries, tables
from ceilift.ledger.engine import Database
from ceilift.ledger.journal import RunJournal
from ceilift.ledger.leases import Leases, fence
from ceilift.ledger.rows import add_row, approve, undo, write_beside
from ceilift.plan import Accepted
from ceilift.record import (
    Activity,
    Approval,
    Assent,
    Beside,
    Document,
    HostAside,
    Intent,
    Lease,
    NodeState,
    NodeTime,
    OpenUpgrade,
    PastUpgrade,
    Question,
    Reading,
)
from ceilift.state import Evidence


class Ledger:
    """One cloud's memory, or several clouds' in one database.

    `url` is SQLAlchemy's (`sqlite:///FILE`, `postgresql+psycopg://USER@HOST/NAME`), the password
    apart. Every method raises CeiliftError in words, without the password, when the database
    cannot be reached, read or written. Safe for threads. `now` tells epoch seconds. With
    `only_reading` nothing is made or changed, be it missing or of an earlier version.
    """

    def __init__(
        self,
        url: str,
        password: str | None = None,
        *,
        now: Callable[[], float] = clock.now,
        only_reading: bool = False,
    ) -> None:
        self._now = now
        self._database = Database(url, password, now, only_reading=only_reading)
        self.leases = Leases(self._database, now)

    @property
    def where(self) -> str:
        """The ledger's URL without a password, to be shown."""
        return self._database.where

    def dispose(self) -> None:
        """Close every connection to the database."""
        self._database.dispose()

    # --- upgrades

    def begin(
        self,
        lease: Lease,
        plan_json: str,
        baseline_json: str,
        undoes: int | None = None,
        beside: Beside | None = None,
    ) -> int:
        """Open an upgrade with its plan, what ran before it and what is `beside`; gives its id.

        All is there afterwards, or nothing: none is open that nobody approved. One that takes
        another back (`undoes`) ends that, where it is open. Raises RefusedError when the cloud has
        an open upgrade, or the lease was lost.
        """
        plan = json.loads(plan_json)
        with self._database.writing() as connection:
            fence(connection, lease)
            found = queries.open_upgrade(connection, lease.cloud, self._now())
            if found is not None and found.id != undoes:
                since = f"to {found.to} since {found.opened_at}"
                message = f"Cloud {lease.cloud} has an open upgrade {since}"
                raise RefusedError(message, next_command="ceilift resume")
            told = {name: plan[name] for name in ("path", "to")} | {"plan_hash": plan["hash"]}
            releases = ", ".join(plan["from"])
            told |= {"cloud": lease.cloud, "releases": releases, "plan": plan_json}
            upgrade = self._add(connection, tables.upgrades, **told)
            self._add(connection, tables.baselines, upgrade_id=upgrade, instances=baseline_json)
            if undoes is not None:
                undo(connection, self._now(), undoes, upgrade, is_open=found is not None)
            write_beside(connection, self._now(), upgrade, beside or Beside())
        return upgrade

    def add_beside(self, upgrade: int, beside: Beside) -> None:
        """Write what belongs to a later plan of the upgrade: all of it, or nothing."""
        with self._database.writing() as connection:
            write_beside(connection, self._now(), upgrade, beside)

    def close(self, upgrade: int, outcome: str, detail: str = "") -> None:
        """Say how an upgrade ended (`done`, `undone`, `abandoned`): once and for ever."""
        self._write(tables.upgrade_ends, upgrade_id=upgrade, outcome=outcome, detail=detail)

    def open_upgrade(self, cloud: str) -> OpenUpgrade | None:
        """The cloud's open upgrade with its evidence; None when there is none."""
        with self._database.reading() as connection:
            return queries.open_upgrade(connection, cloud, self._now())

    def upgrade(self, number: int) -> OpenUpgrade:
        """The upgrade of that number, open or ended."""
        with self._database.reading() as connection:
            return queries.upgrade(connection, number, self._now())

    def history(self, cloud: str) -> tuple[PastUpgrade, ...]:
        """Every upgrade of the cloud, the newest first."""
        with self._database.reading() as connection:
            return queries.history(connection, cloud)

    def approve(
        self, upgrade: int, plan_hash: str, name: str, how: str, until: float | None = None
    ) -> None:
        """Record who approved which plan, the name as stated, and until when it is good."""
        with self._database.writing() as connection:
            approve(connection, self._now(), upgrade, Assent(plan_hash, name, how, until))

    def approved(self, upgrade: int, plan_hash: str) -> Approval | None:
        """The newest approval of that very plan; None when nobody approved it."""
        with self._database.reading() as connection:
            return queries.approval(connection, upgrade, plan_hash)

    def ask(self, cloud: str, flow_run: str, gate: str, plan_hash: str, plan_json: str) -> None:
        """Write down which plan a flow run asks to be approved, and at which gate."""
        values = {"flow_run": flow_run, "gate": gate, "plan_hash": plan_hash, "plan": plan_json}
        self._write(tables.questions, cloud=cloud, **values)

    def question(self, flow_run: str, gate: str) -> Question | None:
        """What that flow run asked first at the gate; None when it has not asked there."""
        with self._database.reading() as connection:
            return queries.question(connection, flow_run, gate)

    # --- runs, intents, outcomes

    def start_run(self, upgrade: int, lease: Lease, command: str) -> RunJournal:
        """Open a run of an upgrade; what it intends is written into the journal returned."""
        with self._database.writing() as connection:
            fence(connection, lease)
            values = {"command": command, "owner": lease.owner, "token": lease.token}
            run = self._add(connection, tables.runs, upgrade_id=upgrade, **values)
        return RunJournal(self, run, lease)

    def end_run(self, run: int, outcome: str, detail: str = "") -> None:
        """Say how a run ended; a run without an end was interrupted."""
        self._write(tables.run_ends, run_id=run, outcome=outcome, detail=detail)

    def intend(self, run: int, lease: Lease, node: str, host: str, summary: str) -> int:
        """Write down what is about to be done; gives the intent's id.

        Raises RefusedError when the lease was lost: then it must not be done.
        """
        with self._database.writing() as connection:
            fence(connection, lease)
            values = {"node": node, "host": host, "summary": summary}
            return self._add(connection, tables.intents, run_id=run, **values)

    def outcome(self, intent: int, status: str, detail: str) -> None:
        """Write down how it ended; at most once for each intent."""
        self._write(tables.outcomes, intent_id=intent, status=status, detail=detail)

    def intents(self, upgrade: int) -> tuple[Intent, ...]:
        """Every intent of every run of the upgrade, in order, with its outcome where known."""
        with self._database.reading() as connection:
            return progress.intents(connection, upgrade)

    def node_times(self, cloud: str) -> tuple[NodeTime, ...]:
        """How long the nodes of the cloud's upgrades took that were done, the newest first."""
        with self._database.reading() as connection:
            return queries.node_times(connection, cloud)

    def unknown(self, upgrade: int) -> tuple[Intent, ...]:
        """Intents without outcome that no later intent for the same node and host replaces."""
        with self._database.reading() as connection:
            return progress.unknown(progress.intents(connection, upgrade))

    def status(self, upgrade: int, nodes: Sequence[str]) -> tuple[NodeState, ...]:
        """What became of each of the plan's nodes, in the order given."""
        with self._database.reading() as connection:
            return progress.status(connection, upgrade, nodes, self._now())

    # --- what was seen and proven

    def add_evidence(self, upgrade: int, node: str, release: str, at: str, detail: str) -> None:
        """A node was done or passed at the moment `at`; `detail` is what it left for later."""
        values = {"node": node, "release": release, "at": at, "detail": detail}
        self._write(tables.evidence, upgrade_id=upgrade, **values)

    def evidence(self, upgrade: int) -> tuple[Evidence, ...]:
        """All evidence of the upgrade, in the order it was written."""
        with self._database.reading() as connection:
            return progress.evidence_of(connection, upgrade)

    def save_document(self, upgrade: int, kind: str, name: str, body: object) -> None:
        """Keep a verdict, account or report as JSON, raw figures included."""
        text = json.dumps(body, sort_keys=True)
        self._write(tables.documents, upgrade_id=upgrade, kind=kind, name=name, body=text)

    def documents(self, upgrade: int, kind: str) -> tuple[Document, ...]:
        """The upgrade's documents of one kind, in the order they were kept."""
        with self._database.reading() as connection:
            return queries.documents_of(connection, upgrade, kind)

    def record_activity(
        self, cloud: str, publish_rate: float | None, insert_rate: float | None
    ) -> None:
        """Remember how busy the cloud was (per second), for the median."""
        values = {"publish_rate": publish_rate, "insert_rate": insert_rate}
        self._write(tables.activity, cloud=cloud, **values)

    def median_activity(self, cloud: str) -> Activity:
        """Medians over the newest thousand measurements."""
        with self._database.reading() as connection:
            return queries.median_activity(connection, cloud)

    def record_turns(self, cloud: str, agents: Sequence[str]) -> None:
        """Remember in which order a plan replaces polling agents (`host/unit`)."""
        self._write(tables.turns, cloud=cloud, agents=json.dumps(list(agents)))

    def turns(self, cloud: str) -> tuple[str, ...]:
        """The order of the cloud's newest plan; empty when none was remembered."""
        with self._database.reading() as connection:
            return queries.newest_turns(connection, cloud)

    def save_intervals(self, run: int, found: Iterable[Interval]) -> None:
        """Keep the time line of a run: what was pending, and when."""
        self._write_all(tables.intervals, [{"run_id": run, **asdict(one)} for one in found])

    def intervals(self, upgrade: int) -> tuple[Interval, ...]:
        """The time lines of all runs of the upgrade."""
        with self._database.reading() as connection:
            return queries.intervals_of(connection, upgrade)

    def save_readings(self, run: int, found: Iterable[Reading]) -> None:
        """Keep a series of measured values, such as the depth of a queue."""
        self._write_all(tables.readings, [{"run_id": run, **asdict(one)} for one in found])

    def readings(self, upgrade: int) -> tuple[Reading, ...]:
        """All measured values of the upgrade, by time."""
        with self._database.reading() as connection:
            return queries.readings_of(connection, upgrade)

    # --- exceptions the operator made

    def accept(self, upgrade: int, finding: str, reason: str) -> None:
        """A finding was accepted, for this reason."""
        self._write(tables.accepted_findings, upgrade_id=upgrade, finding=finding, reason=reason)

    def accepted(self, upgrade: int) -> tuple[Accepted, ...]:
        """Every finding accepted for the upgrade."""
        with self._database.reading() as connection:
            return queries.accepted_of(connection, upgrade)

    def set_aside(self, upgrade: int, host: str, reason: str) -> None:
        """A host was set aside, for this reason; it stays open until it is brought back."""
        self._write(tables.hosts_aside, upgrade_id=upgrade, host=host, reason=reason)

    def bring_back(self, cloud: str, host: str, how: str) -> None:
        """The host was seen at the new release, or retired: it is no longer open."""
        with self._database.writing() as connection:
            for row in queries.open_asides(connection, cloud, host):
                self._add(connection, tables.hosts_back, aside_id=row, how=how)

    def aside(self, cloud: str) -> tuple[HostAside, ...]:
        """Hosts set aside in any upgrade of the cloud and still open."""
        with self._database.reading() as connection:
            return queries.hosts_aside_of(connection, cloud)

    def _write(self, table: Table, **values: object) -> None:
        with self._database.writing() as connection:
            self._add(connection, table, **values)

    def _write_all(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            with self._database.writing() as connection:
                connection.execute(insert(table), rows)

    def _add(self, connection: Connection, table: Table, **values: object) -> int:
        return add_row(connection, self._now(), table, **values)
