"""The API under a web server: warmed beside the old one, then switched everywhere at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ceilift.clock import monotonic
from ceilift.errors import StepFailedError
from ceilift.gates.api import api_answers
from ceilift.plan import Step, Target
from ceilift.services import wsgi
from tasks.carry_out import carry_out
from tasks.retrying import NodesDone, node_task
from tasks.session import Session

DIFFER_S = 10.0


@node_task()
def warm(nodes: list[str]) -> NodesDone:
    """Load the target's application on its host and let it answer a request, unseen by clients."""
    return carry_out(nodes, _warm)


@node_task()
def switch(nodes: list[str]) -> NodesDone:
    """Switch all API hosts at the same time, and measure for how long they differed."""
    return carry_out(nodes, _switch)


@node_task()
def stop(nodes: list[str]) -> NodesDone:
    """Stop the web servers of all API hosts at the same time, for as long as a restore takes."""
    return carry_out(nodes, _stop)


@node_task()
def start(nodes: list[str]) -> NodesDone:
    """Point the web servers that were stopped at the target's API, and start them."""
    return carry_out(nodes, _start)


def _stop(session: Session, step: Step) -> str:
    return _everywhere(session, step, wsgi.stop)


def _start(session: Session, step: Step) -> str:
    return _everywhere(session, step, wsgi.start)


def _everywhere(session: Session, step: Step, act: wsgi.Act) -> str:
    with ThreadPoolExecutor(len(step.targets)) as pool:
        done = list(pool.map(lambda target: _on_host(session, step, target, act), step.targets))
    return "dry run" if session.dry_run else ", ".join(dict.fromkeys(done))


def _warm(session: Session, step: Step) -> str:
    return _on_host(session, step, step.targets[0], wsgi.warm)


def _switch(session: Session, step: Step) -> str:
    begun = monotonic()
    with ThreadPoolExecutor(len(step.targets)) as pool:
        list(pool.map(lambda target: _on_host(session, step, target, wsgi.switch), step.targets))
    if session.dry_run:
        return "dry run"
    same = _until_same(session, step, begun + DIFFER_S)
    seconds = monotonic() - begun
    hosts = f"{len(step.targets)} hosts switched"
    if same:
        return f"{hosts}; they served different releases for at most {seconds:.1f} s"
    return f"{hosts}; after {seconds:.1f} s, over the {DIFFER_S:g} s aimed at, they still differed"


def _until_same(session: Session, step: Step, deadline: float) -> bool:
    """Ask every host until all serve the step's release, or the time is up; says whether they do.

    Asking makes a server that loads a changed application at its next request load it.
    """
    names = [target.host for target in step.targets]
    release = step.release or session.plan.to
    with session.cloud.timeline.pending("gate", step.id):
        while monotonic() < deadline:
            answers = api_answers(session.cloud, session.catalogue, names, release)
            if all(answer.release == release for answer in answers):
                return True
    return False


def _on_host(session: Session, step: Step, target: Target, act: wsgi.Act) -> str:
    if step.release is None and act is not wsgi.stop:
        raise StepFailedError(f"{step.id}: the plan names no release to serve", step=step.id)
    inventory, release = session.cloud.inventory, step.release or ""
    shell = session.cloud.connections.shell(target.host)
    return act(session.actor, shell, step.id, inventory, inventory.host(target.host), release)
