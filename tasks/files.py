"""Puts the files of a step on its host, before anything reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ceilift.digest import digest
from ceilift.errors import StepFailedError
from ceilift.inventory_hosts import host_unit
from ceilift.new_files import text_of
from ceilift.pipeline import only_pipes
from ceilift.plan import Step
from ceilift.plan_files import FileKind, Origin, StepFile
from ceilift.polling_file import read_polling_file
from ceilift.pollsters import polling_yaml, restricted
from ceilift.probe.pipelines import PACKAGED
from ceilift.services.files import read_file, restore_file, write_file
from ceilift.state import AgentConfig
from tasks.session import Session

OWN_FOLDER = "ceilift"  # beside a host's ceilometer.conf


def own_folder(session: Session, host: str) -> str:
    """Where Ceilift's own files are on that host."""
    inventory = session.cloud.inventory
    main = PurePosixPath(inventory.path(inventory.config.main, inventory.host(host)))
    return str(main.parent / OWN_FOLDER)


def put_files(session: Session, step: Step) -> Iterator[str]:
    """Put every file of the step on its host; gives in words what was done with each.

    Raises StepFailedError where the content is not what the plan names by its digest.
    """
    target, inventory = step.targets[0], session.cloud.inventory
    shell = session.cloud.connections.shell(target.host)
    main = inventory.path(inventory.config.main, inventory.host(target.host))
    for file in step.files:
        if file.origin is Origin.HOST:
            continue
        path = _path(session, step, file)
        if file.origin is Origin.FORMER:
            yield restore_file(session.actor, shell, step.id, path, file.digest)
        else:
            text = _content(session, step, file)
            yield write_file(session.actor, shell, step.id, path, text, main)


def _path(session: Session, step: Step, file: StepFile) -> str:
    """The file's own place, or where the agent's configuration has it."""
    host = step.targets[0].host
    if file.place:
        return f"{own_folder(session, host)}/{file.place}"
    config = _before(session, step)
    path = {
        FileKind.POLLING: config.polling_path,
        FileKind.PIPELINE: config.pipeline_path,
        FileKind.EVENT_PIPELINE: config.event_pipeline_path,
    }[file.kind]
    return path or str(PurePosixPath(own_folder(session, host)).parent / f"{file.kind}.yaml")


def _content(session: Session, step: Step, file: StepFile) -> str:
    """The text, equal to what the plan names."""
    if file.origin is Origin.VANISHING:
        return _of_former(session, step, file)
    if file.origin is Origin.BEFORE:
        sources = _before(session, step).polling_sources
        text = polling_yaml(restricted(sources, file.meters, file.meters))
    else:
        given = session.plan.request.file(file.kind)
        whole = text_of(given) if given is not None else ""
        text = whole
        if file.pipes:  # `text_of` has seen that it is the plan's
            return _only(file, whole)
        if file.meters:
            sources = read_polling_file(whole).sources
            text = polling_yaml(restricted(sources, file.meters, file.meters))
    if digest(text) != file.digest:
        raise StepFailedError(f"{step.id}: the {file.kind} file is not the one of the plan")
    return text


def _of_former(session: Session, step: Step, file: StepFile) -> str:
    """Of the file as it was before the upgrade, the pipes that go; read on its host."""
    target, inventory = step.targets[0], session.cloud.inventory
    host = inventory.host(target.host)
    folder = inventory.path(inventory.install.path, host, release=step.release or "")
    text = read_file(
        session.cloud.connections.shell(target.host),
        step.id,
        _path(session, step, replace(file, place="")),
        file.digest,
        f"{folder}/lib/python*{PACKAGED}{file.kind}.yaml",
    )
    return _only(file, text)


def _only(file: StepFile, text: str) -> str:
    """The text held to the pipes of a step's file."""
    samples = file.kind is FileKind.PIPELINE
    return only_pipes("sample" if samples else "event", text, file.pipes)


def _before(session: Session, step: Step) -> AgentConfig:
    """The configuration its agent had before the upgrade; of one beside, that of the host's own."""
    target = step.targets[0]
    unit = host_unit(target.unit)
    for one in session.before:
        if (one.component, one.host, one.unit) == (target.component, target.host, unit):
            return one.config
    return AgentConfig()
