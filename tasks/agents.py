"""Collectors, notification agents, polling agents: stop, start, enable, one way for all."""

from __future__ import annotations

from dataclasses import replace

from ceilift.component import Component
from ceilift.errors import StepFailedError
from ceilift.inventory_hosts import host_unit
from ceilift.plan import FOLDER, Action, GateKind, Step, Timing
from ceilift.services import service_manager
from ceilift.services.protocol import Beside, Override
from tasks.carry_out import carry_out
from tasks.files import own_folder, put_files
from tasks.handover import Ticks, moment_for, ticks_seen
from tasks.retrying import NodesDone, node_task
from tasks.session import Session
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


@node_task()
def beside(nodes: list[str]) -> NodesDone:
    """Start the release under a unit of its own, beside the old one, which is not touched."""
    return carry_out(nodes, _beside)


@node_task()
def remove(nodes: list[str]) -> NodesDone:
    """Stop units of their own and take their definitions away."""
    return carry_out(nodes, _remove)


@node_task()
def merge(nodes: list[str]) -> NodesDone:
    """Restart polling agents with the whole polling file, between two of their ticks."""
    return carry_out(nodes, _merge)


def _merge(session: Session, step: Step) -> str:
    """The file first: an agent reads it only when it starts. Its restart is allowed as before."""
    written = tuple(put_files(session, step))
    sight = None if session.dry_run else ticks_seen(session, step)  # nobody else comes or goes
    stopped = _stop(session, step, sight)
    started = _start(session, replace(step, timing=Timing.JOIN, files=()), sight)
    return "; ".join((*written, stopped, started, _enable(session, step)))


def _stop(session: Session, step: Step, sight: Ticks | None = None) -> str:
    target = step.targets[0]
    shell = session.cloud.connections.shell(target.host)
    manager = service_manager(session.cloud.inventory)
    if step.timing:
        moment = moment_for(session, step, sight)
        said = manager.stop(session.actor, shell, step.id, target.unit, moment.at)
        return f"{said}, {moment.words}"
    waited = await_poll(session) if _all_stop(session, step) else ""
    said = manager.stop(session.actor, shell, step.id, target.unit)
    return f"{said}, {waited}" if waited else said


def _all_stop(session: Session, step: Step) -> bool:
    """Whether it is one of all polling agents, which stop together."""
    polling = step.targets[0].component is Component.POLLING
    kinds = {gate.kind for gate in session.plan.gates if gate.stage == step.stage}
    return polling and GateKind.ALL_STOPPED in kinds


def _start(session: Session, step: Step, sight: Ticks | None = None) -> str:
    target, inventory = step.targets[0], session.cloud.inventory
    shell, folder = session.cloud.connections.shell(target.host), _folder(session, step)
    written = tuple(put_files(session, step))
    moment = moment_for(session, step, sight)
    said = service_manager(inventory).start(
        session.actor,
        shell,
        step.id,
        target.unit,
        folder,
        moment.at,
        override=_override(session, step),
    )
    return "; ".join((*written, f"{said}, {moment.words}" if step.timing else said))


def _beside(session: Session, step: Step) -> str:
    inventory, folder = session.cloud.inventory, _folder(session, step)
    written = tuple(put_files(session, step))
    shell, moment = session.cloud.connections.shell(step.host or ""), moment_for(session, step)
    said = service_manager(inventory).beside(
        session.actor, shell, step.id, _own_unit(session, step), folder, moment.at
    )
    return "; ".join((*written, f"{said}, {moment.words}" if step.timing else said))


def _remove(session: Session, step: Step) -> str:
    shell, moment = session.cloud.connections.shell(step.host or ""), moment_for(session, step)
    said = service_manager(session.cloud.inventory).remove(
        session.actor, shell, step.id, _own_unit(session, step), moment.at
    )
    return f"{said}, {moment.words}" if step.timing else said


def _own_unit(session: Session, step: Step) -> Beside:
    """The unit of its own that a step is about, with the options it has."""
    target, own = step.targets[0], _override(session, step)
    has = bool(step.options) or step.action is Action.REMOVE
    unit = host_unit(target.unit)
    return Beside(unit, target.unit, own.file if has else "", own.text)


def _override(session: Session, step: Step) -> Override:
    """The configuration file of a unit's own, with the options that the step gives it."""
    target = step.targets[0]
    folder = own_folder(session, target.host)
    sections: dict[str, list[str]] = {}
    for section, name, value in step.options:
        sections.setdefault(section, []).append(f"{name} = {value.replace(FOLDER, folder)}")
    text = "\n".join(line for name, lines in sections.items() for line in (f"[{name}]", *lines))
    return Override(f"{folder}/{target.unit}.conf", text)


def _folder(session: Session, step: Step) -> str:
    """Where the step's release is installed on its host."""
    if step.release is None:
        raise StepFailedError(f"{step.id}: the plan names no release to start", step=step.id)
    inventory = session.cloud.inventory
    host = inventory.host(step.targets[0].host)
    return inventory.path(inventory.install.path, host, release=step.release)


def _enable(session: Session, step: Step) -> str:
    target = step.targets[0]
    shell = session.cloud.connections.shell(target.host)
    return service_manager(session.cloud.inventory).enable(
        session.actor, shell, step.id, target.unit
    )
