"""Another pipeline for agents that run: written first, then loaded by all of them at one moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ceilift.clock import now
from ceilift.plan import Step, Target
from ceilift.probe import observe_hosts
from ceilift.services import service_manager
from tasks.carry_out import carry_out
from tasks.files import put_files
from tasks.retrying import NodesDone, node_task
from tasks.session import Session

READY_S = 2.0  # until the scripts on all hosts wait for their moment


@node_task()
def write(nodes: list[str]) -> NodesDone:
    """Put new files where agents read them; what runs is not told of them."""
    return carry_out(nodes, _write)


@node_task()
def reload(nodes: list[str]) -> NodesDone:
    """Let all agents of a step load their files anew, at the same moment."""
    return carry_out(nodes, _reload)


def _write(session: Session, step: Step) -> str:
    return "; ".join(put_files(session, step))


def _reload(session: Session, step: Step) -> str:
    skews = {} if session.dry_run else _skews(session, step)
    at = 0.0 if session.dry_run else now() + READY_S

    def one(target: Target) -> str:
        shell = session.cloud.connections.shell(target.host)
        moment = at + skews.get(target.host, 0.0) if at else 0.0
        manager = service_manager(session.cloud.inventory)
        said = manager.reload(session.actor, shell, step.id, target.unit, moment)
        return f"{target.host}: {said}"

    with ThreadPoolExecutor(len(step.targets)) as pool:
        return "; ".join(pool.map(one, step.targets))


def _skews(session: Session, step: Step) -> dict[str, float]:
    """Each host's clock minus ours, in seconds."""
    names = [target.host for target in step.targets]
    hosts = observe_hosts(
        session.cloud.connections, session.cloud.inventory, tuple(session.catalogue.releases), names
    )
    return {host.name: host.clock_skew_s or 0.0 for host in hosts}
