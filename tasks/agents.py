"""Collectors, notification agents, polling agents: stop, start, enable, one way for all."""

from __future__ import annotations

from ceilift.component import Component
from ceilift.errors import StepFailedError
from ceilift.plan import Step
from ceilift.services import service_manager
from tasks.retrying import NodesDone, node_task
from tasks.session import Session, carry_out
from tasks.tick import await_poll


@node_task()
def stop(nodes: list[str]) -> NodesDone:
    """Stop units and prevent their restart, also by a reboot."""
    return carry_out(nodes, _stop)


@node_task()
def start(nodes: list[str]) -> NodesDone:
    """Point units at the release and start them; their restart stays prevented until proven."""
    return carry_out(nodes, _start)


@node_task()
def enable(nodes: list[str]) -> NodesDone:
    """Allow restart again as the operator had it, without touching what runs."""
    return carry_out(nodes, _enable)


def _stop(session: Session, step: Step) -> str:
    target = step.targets[0]
    shell = session.cloud.connections.shell(target.host)
    moment = await_poll(session) if target.component is Component.POLLING else ""
    manager = service_manager(session.cloud.inventory)
    said = manager.stop(session.actor, shell, step.id, target.unit)
    return f"{said}, {moment}" if moment else said


def _start(session: Session, step: Step) -> str:
    if step.release is None:
        raise StepFailedError(f"{step.id}: the plan names no release to start", step=step.id)
    target, inventory = step.targets[0], session.cloud.inventory
    shell = session.cloud.connections.shell(target.host)
    folder = inventory.path(
        inventory.install.path, inventory.host(target.host), release=step.release
    )
    return service_manager(inventory).start(session.actor, shell, step.id, target.unit, folder)


def _enable(session: Session, step: Step) -> str:
    target = step.targets[0]
    shell = session.cloud.connections.shell(target.host)
    return service_manager(session.cloud.inventory).enable(
        session.actor, shell, step.id, target.unit
    )
