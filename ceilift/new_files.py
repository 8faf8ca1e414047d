"""The files that an operator gives for the target release, read on this machine.

A request names each with its digest; when it is read again, to be understood or to be put on a
host, it must still be the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ceilift.digest import digest
from ceilift.errors import BadInputError, Fault
from ceilift.pipeline import Pipelines, read_pipelines
from ceilift.plan import Request
from ceilift.plan_files import FileKind, NewFile
from ceilift.polling_file import read_polling_file
from ceilift.state import NewFiles

EMPTY = "sources: []\nsinks: []\n"


def name_files(given: Mapping[FileKind, str]) -> tuple[NewFile, ...]:
    """The files by their digests, an empty path left out.

    Raises BadInputError with every file that cannot be read or that no agent would load.
    """
    texts = {kind: (path, _read(path)) for kind, path in given.items() if path}
    faults = [
        Fault(path, "", fault, f"Mend it, or leave out {kind.option}")
        for kind, (path, text) in texts.items()
        for fault in _faults(kind, text)
    ]
    if faults:
        raise BadInputError(faults)
    return tuple(
        NewFile(kind, str(Path(path).resolve()), digest(text or ""))
        for kind, (path, text) in texts.items()
    )


def read_new_files(request: Request) -> NewFiles:
    """What the request's files say. Raises BadInputError for one that is no longer the same."""
    polling, pipeline, event = (request.file(kind) for kind in FileKind)
    return NewFiles(
        polling=read_polling_file(text_of(polling)) if polling else None,
        pipeline=_pipes(FileKind.PIPELINE, text_of(pipeline)) if pipeline else None,
        event_pipeline=_pipes(FileKind.EVENT_PIPELINE, text_of(event)) if event else None,
    )


def text_of(file: NewFile) -> str:
    """Its content. Raises BadInputError when it is not the file that the request names."""
    text = _read(file.path)
    if text is None or digest(text) != file.digest:
        what = "cannot be read any more" if text is None else "was changed since the plan was made"
        remedy = "Put it back, or plan anew with the file as it is"
        raise BadInputError([Fault(file.path, "", what, remedy)])
    return text


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _pipes(kind: FileKind, text: str) -> Pipelines:
    samples = kind is FileKind.PIPELINE
    return read_pipelines(text if samples else EMPTY, EMPTY if samples else text)


def _faults(kind: FileKind, text: str | None) -> Iterator[str]:
    if text is None:
        yield "cannot be read as a text file"
        return
    if not text.strip():
        yield "is empty"
        return
    loaded = read_polling_file(text) if kind is FileKind.POLLING else _pipes(kind, text)
    if loaded.fault:
        yield f"no agent would start with it: {loaded.fault}"
