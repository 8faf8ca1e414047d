"""The end of a run: what came of every node, what was lost, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace

from ceilift.account import Account
from ceilift.clock import covered, now
from ceilift.errors import PAUSED, CeiliftError, with_inventory
from ceilift.ledger.store import Ledger
from ceilift.paths.nodes import RESTORE_ID, SAVE_ID
from ceilift.probe import observe_hosts
from ceilift.record import HostAside, NodeState, NodeStatus
from ceilift.report import Ended, Report, Timing, make_report, report_to_json
from ceilift.state import HostState, Instance
from tasks.session import Begun, Session

REPORT: ContextVar[Report | None] = ContextVar("ceilift_report", default=None)
REPORT_KIND = "report"


def finish(
    session: Session,
    upgrade: int,
    error: CeiliftError | None,
    loss: Account | None,
    begun: Begun,
    inventory: str,
) -> Report:
    """Make the report, keep it in the ledger, and close the upgrade when all of it is done.

    `inventory` is the file of this cloud: the next command names it.
    """
    ledger, plan = session.cloud.ledger, session.plan
    nodes = [node for stage in plan.stages for batch in stage.batches for node in batch]
    hosts = observe_hosts(
        session.cloud.connections, session.cloud.inventory, tuple(session.catalogue.releases)
    )
    bring_back(ledger, plan.cloud, hosts)
    restored = (SAVE_ID, RESTORE_ID) if plan.request.restore_database else ()
    ended = Ended(
        outcome=_outcome(error),
        nodes=tuple(map(_over, ledger.status(upgrade, nodes))),
        before=session.before,
        now=_instances(hosts),
        spans=tuple(session.spans),
        account=loss,
        readings=tuple(session.readings),
        asides=ledger.aside(plan.cloud),
        next_command=with_inventory(_following(error), inventory),
        restored=tuple(map(_over, ledger.status(upgrade, restored))),
        unread=tuple(host.name for host in hosts if not host.reachable),
    )
    report = make_report(plan, ended, _timing(session, begun))
    ledger.save_document(upgrade, REPORT_KIND, plan.hash, report_to_json(report))
    if error is None and plan.request.start_old is None:
        ledger.close(upgrade, "done", report.headline)
    REPORT.set(report)
    return report


def _over(node: NodeState) -> NodeState:
    """As it stands when the run is over: an act without a known end does not run, nobody knows."""
    running = node.status is NodeStatus.RUNNING
    return replace(node, status=NodeStatus.UNKNOWN) if running else node


def _following(error: CeiliftError | None) -> str:
    if error is None:
        return "ceilift status"
    return error.next_command or "ceilift resume"


def _outcome(error: CeiliftError | None) -> str:
    if error is None:
        return "done"
    return "paused" if error.exit_code == PAUSED else "failed"


def _timing(session: Session, begun: Begun) -> Timing:
    end = now()
    return Timing(
        begun=begun.at,
        ended=end,
        pending_s=covered(session.cloud.timeline.intervals(), begun.at, end),
        prefect_s=begun.prefect_s,
        task_runs=session.task_runs,
    )


def _instances(hosts: Sequence[HostState]) -> tuple[Instance, ...]:
    return tuple(instance for host in hosts for instance in host.instances)


def bring_back(ledger: Ledger, cloud: str, hosts: Sequence[HostState]) -> None:
    """Close what was set aside and is now seen at its release, or no longer in the inventory."""
    by_name = {host.name: host for host in hosts}
    for aside in ledger.aside(cloud):
        if aside.host not in by_name:
            ledger.bring_back(cloud, aside.host, "retired: no longer in the inventory")
        elif _arrived(by_name[aside.host], aside):
            ledger.bring_back(cloud, aside.host, f"seen at {aside.to}")


def _arrived(host: HostState, aside: HostAside) -> bool:
    """Whether it answers, and everything that runs there is at the release."""
    if not host.reachable:
        return False
    releases = {instance.release for instance in host.instances if instance.release}
    return releases == {aside.to}
