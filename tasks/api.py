"""The API under a web server: warmed beside the old one, then switched everywhere at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ceilift.clock import monotonic
from ceilift.errors import StepFailedError
from ceilift.plan import Step, Target
from ceilift.services import wsgi
from tasks.retrying import NodesDone, node_task
from tasks.session import Session, carry_out


@node_task()
def warm(nodes: list[str]) -> NodesDone:
    """Load the target's application on its host and let it answer a request, unseen by clients."""
    return carry_out(nodes, _warm)


@node_task()
def switch(nodes: list[str]) -> NodesDone:
    """Switch all API hosts at the same time, by graceful reloads."""
    return carry_out(nodes, _switch)


def _warm(session: Session, step: Step) -> str:
    return _on_host(session, step, step.targets[0], wsgi.warm)


def _switch(session: Session, step: Step) -> str:
    begun = monotonic()
    with ThreadPoolExecutor(len(step.targets)) as pool:
        list(pool.map(lambda target: _on_host(session, step, target, wsgi.switch), step.targets))
    return f"{len(step.targets)} hosts switched within {monotonic() - begun:.1f} s"


def _on_host(session: Session, step: Step, target: Target, act: wsgi.Act) -> str:
    if step.release is None:
        raise StepFailedError(f"{step.id}: the plan names no release to serve", step=step.id)
    inventory = session.cloud.inventory
    shell = session.cloud.connections.shell(target.host)
    return act(session.actor, shell, step.id, inventory, inventory.host(target.host), step.release)
