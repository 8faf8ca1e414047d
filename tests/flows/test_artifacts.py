"""What is shown in the Prefect UI is a courtesy: without a server the run goes on."""

from __future__ import annotations

from flows.artifacts import courteously
from tasks.progress import PROGRESS
from tests.fakes import FakeProgress


def test_what_cannot_be_shown_is_noted_and_stops_nothing() -> None:
    progress, shown = FakeProgress(), []
    PROGRESS.set(progress)

    for name in ("report", "hosts"):
        with courteously(name):
            shown.append(name)
            raise ConnectionRefusedError("connection refused")

    assert shown == ["report", "hosts"]
    assert progress.notes == [
        f"the artifact {name} could not be shown: connection refused" for name in shown
    ]
