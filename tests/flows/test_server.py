"""The private Prefect server that cannot start: told at once, with what is not lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from ceilift.clock import monotonic
from ceilift.errors import CeiliftError
from flows.server import START_DEADLINE_S, running_server, start_server


@pytest.mark.prefect
def test_a_broken_database_is_told_without_waiting_for_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path))
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "prefect.db").write_bytes(b"this is no database" * 100)
    begun = monotonic()
    with pytest.raises(CeiliftError, match="move that away") as failed:
        start_server()
    assert "ended with" in str(failed.value)
    assert failed.value.next_command == "ceilift status"
    assert monotonic() - begun < START_DEADLINE_S
    assert running_server() is None
