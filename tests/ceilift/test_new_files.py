"""Files for the target release: named by digest, read again only when they are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ceilift.errors import BadInputError
from ceilift.new_files import name_files, read_new_files, text_of
from ceilift.plan import Request
from ceilift.plan_files import FileKind

POLLING = "sources:\n- {name: a, interval: 10, meters: [cpu], resources: ['snmp://u:hidden@r']}\n"
PIPELINE = """\
sources: [{name: a, meters: ['*'], sinks: [b]}]
sinks: [{name: b, publishers: ['notifier://']}]
"""


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_they_are_named_without_their_content(tmp_path: Path) -> None:
    found = name_files({FileKind.POLLING: written(tmp_path, "p.yaml", POLLING)})

    assert [file.kind for file in found] == [FileKind.POLLING]
    assert "hidden" not in repr(found)
    assert text_of(found[0]) == POLLING


def test_what_they_say_is_understood(tmp_path: Path) -> None:
    files = name_files(
        {
            FileKind.POLLING: written(tmp_path, "p.yaml", POLLING),
            FileKind.PIPELINE: written(tmp_path, "q.yaml", PIPELINE),
        }
    )
    read = read_new_files(Request("9.0.7", files=files))

    assert read.polling is not None
    assert read.polling.sources[0].meters == ("cpu",)
    assert read.pipeline is not None
    assert [pipe.name for pipe in read.pipeline.pipes] == ["a:b"]
    assert read.pipeline.fault == ""
    assert read.event_pipeline is None


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    given = {
        FileKind.POLLING: written(tmp_path, "p.yaml", "sources: [{name: a}]"),
        FileKind.PIPELINE: str(tmp_path / "none.yaml"),
        FileKind.EVENT_PIPELINE: written(tmp_path, "e.yaml", " \n"),
    }

    with pytest.raises(BadInputError) as raised:
        name_files(given)
    assert [fault.file.rpartition("/")[2] for fault in raised.value.faults] == [
        "p.yaml",
        "none.yaml",
        "e.yaml",
    ]
    assert "meters" in str(raised.value)
    assert "--new-event-pipeline" in str(raised.value)


def test_a_file_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "p.yaml", POLLING)
    (file,) = name_files({FileKind.POLLING: path})
    Path(path).write_text(POLLING + "# more\n", encoding="utf-8")

    with pytest.raises(BadInputError, match="was changed since the plan was made"):
        read_new_files(Request("9.0.7", files=(file,)))
    Path(path).unlink()
    with pytest.raises(BadInputError, match="cannot be read any more"):
        text_of(file)
