"""What a rollback asks for: what ran before the last upgrade, with the files that were there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ceilift.cloud import Cloud
from ceilift.digest import digest
from ceilift.errors import CeiliftError, RefusedError
from ceilift.pipeline_change import digest_of
from ceilift.plan import FILES_READ, Request
from ceilift.plan_files import FileKind, NewFile
from ceilift.probe.pipelines import PACKAGED
from ceilift.services.files import read_file
from ceilift.state import AgentConfig, Instance
from ceilift.undone import Undone, newest_plan, undone_upgrade


def rollback_request(cloud: Cloud, folder: Path, *, restore_database: bool = False) -> Request:
    """The wish to go back: by the path that was taken, in the manner that was asked for.

    One that goes on with a rollback that restores the database does so, too, asked for or not.
    What the upgrade replaced of the hosts' files is read from there and kept in `folder` (mode
    0600: a pipeline may hold credentials). Raises RefusedError where nothing can be taken back.
    """
    undone = undone_upgrade(cloud.ledger, cloud.inventory.cloud)
    if undone.by is not None:
        asked = newest_plan(cloud.ledger, undone.by).request
        return replace(asked, restore_database=asked.restore_database or restore_database)
    request = undone.plan.request
    return replace(
        request,
        to=former_release(undone),
        first=None,
        start_old=None,
        accept=(),
        files=tuple(_kept(cloud, undone, file, folder) for file in request.files),
        rollback=True,
        restore_database=restore_database,
    )


def former_release(undone: Undone) -> str:
    """The release that ran; of several one: the plan names the others. Raises RefusedError."""
    found = sorted(one.release for one in undone.former if one.release)
    if not found:
        raise RefusedError(
            f"nothing ran before upgrade {undone.number}: there is nothing to go back to",
            next_command="ceilift history",
        )
    return found[0]


def _kept(cloud: Cloud, undone: Undone, file: NewFile, folder: Path) -> NewFile:
    """One file as it was before the upgrade, the same on all hosts whose agents read it."""
    texts = {text for one in undone.former for text in _former_text(cloud, one, file.kind)}
    if len(texts) != 1:
        many = "differed from host to host" if texts else "was nowhere"
        raise RefusedError(
            f"the {file.kind} file before upgrade {undone.number} {many}: it cannot be put back by "
            "one plan. Put each host's own back by hand (FILE.ceilift-DIGEST beside it), or go "
            "back stage by stage: ceilift resume --start-old STAGE",
        )
    (text,) = texts
    path = folder / f"{digest(text)}.{file.kind}.yaml"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CeiliftError(f"{path} cannot be written: {error.strerror}") from None
    return NewFile(file.kind, str(path), digest(text))


def _former_text(cloud: Cloud, one: Instance, kind: FileKind) -> Iterator[str]:
    """What that agent's file of the kind held; where it had none, what its release brings along."""
    if not one.running or kind not in FILES_READ.get(one.component, ()):
        return
    inventory = cloud.inventory
    host = next((host for host in inventory.hosts if host.name == one.host), None)
    if host is None:
        return
    main = PurePosixPath(inventory.path(inventory.config.main, host))
    path = _path(one.config, kind) or str(main.parent / f"{kind}.yaml")
    folder = inventory.path(inventory.install.path, host, release=one.release or "")
    packaged = f"{folder}/lib/python*{PACKAGED}{kind}.yaml"
    shell = cloud.connections.shell(host.name)
    yield read_file(shell, "rollback", path, digest_of(one.config, kind), packaged)


def _path(config: AgentConfig, kind: FileKind) -> str:
    return {
        FileKind.POLLING: config.polling_path,
        FileKind.PIPELINE: config.pipeline_path,
        FileKind.EVENT_PIPELINE: config.event_pipeline_path,
    }[kind]
