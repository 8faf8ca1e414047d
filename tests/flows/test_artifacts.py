"""What is shown in the Prefect UI is a courtesy: without a server the run goes on."""

from __future__ import annotations

import pytest

from flows.artifacts import Courtesy
from tasks.progress import PROGRESS
from tests.fakes import FakeProgress


class Server:
    """One that takes what is shown, that answers nothing, or that is gone."""

    def __init__(self) -> None:
        self.takes = True
        self.gone = False
        self.asked: list[str] = []

    def is_gone(self) -> bool:
        return self.gone

    def show(self, name: str, courtesy: Courtesy) -> object:
        def shown() -> str:
            self.asked.append(name)
            if not self.takes:
                raise ConnectionRefusedError("connection refused")
            return f"{name} as it is shown"

        return courtesy.show(name, shown)


@pytest.fixture
def progress() -> FakeProgress:
    found = FakeProgress()
    PROGRESS.set(found)
    return found


def test_what_is_shown_is_given_back(progress: FakeProgress) -> None:
    server = Server()

    assert server.show("plan", Courtesy(server.is_gone)) == "plan as it is shown"
    assert progress.notes == []


def test_what_cannot_be_shown_is_noted_and_stops_nothing(progress: FakeProgress) -> None:
    server, names = Server(), ["report", "hosts"]
    courtesy, server.takes = Courtesy(server.is_gone), False

    found = [server.show(name, courtesy) for name in names]

    assert (found, server.asked) == ([None, None], names)
    assert progress.notes == [
        f"the artifact {name} could not be shown: connection refused" for name in names
    ]


def test_one_that_is_gone_is_asked_at_length_once_and_again_when_somebody_listens(
    progress: FakeProgress,
) -> None:
    server = Server()
    courtesy, server.takes, server.gone = Courtesy(server.is_gone), False, True
    server.show("plan", courtesy)
    assert courtesy.is_hopeless

    server.show("report", courtesy)
    assert server.asked == ["plan"]
    assert progress.notes[-1] == "the artifact report could not be shown: its server is gone"

    server.takes, server.gone = True, False
    assert server.show("hosts", courtesy) == "hosts as it is shown"
    server.gone = True  # for a moment: the first question still bridges it
    assert server.show("report", courtesy) == "report as it is shown"
