"""The progress artifact: what is shown while a run goes on, over how many connections."""

from __future__ import annotations

from threading import Event
from typing import Any, Self
from uuid import UUID, uuid4

import pytest

from ceilift.planner import make_plan
from flows import live
from flows.artifacts import Courtesy
from flows.live import LiveArtifact
from tasks.progress import PROGRESS
from tests import clouds
from tests.fakes import FakeProgress

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})
BEFORE = clouds.all_at(CLOUD, "8.1.5")
PLAN = make_plan(CLOUD, BEFORE, clouds.catalogue(), clouds.request())
NODE = PLAN.steps[0].id


class Server:
    """Takes artifacts as Prefect's does, and remembers what they showed; or is gone."""

    def __init__(self, *, gone: bool = False) -> None:
        self.id, self.gone = uuid4(), gone
        self.clients = 0
        self.texts: list[str] = []
        self.asked = Event()

    def made(self, **_artifact: object) -> UUID:
        return self.id

    def client(self, *, sync_client: bool) -> Server:
        assert sync_client
        self.clients += 1
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return

    def update_artifact(self, artifact: UUID, update: Any) -> None:  # noqa: ANN401 - Prefect's
        assert artifact == self.id
        self.asked.set()
        if self.gone:
            raise ConnectionRefusedError("connection refused")
        self.texts.append(update.data)


def run(server: Server, monkeypatch: pytest.MonkeyPatch) -> FakeProgress:
    """A run that begins a node, is seen to have begun it, and ends."""
    progress = FakeProgress()
    PROGRESS.set(progress)
    monkeypatch.setattr(live, "PERIOD_S", 0.01)
    monkeypatch.setattr(live, "create_markdown_artifact", server.made)
    monkeypatch.setattr(live, "get_client", server.client)
    monkeypatch.setattr(live, "COURTESY", Courtesy(lambda: server.gone))
    with LiveArtifact(PLAN, progress) as shown:
        shown.started(NODE)
        assert server.asked.wait(20)
        shown.ended = "done"
    return progress


def test_what_began_is_shown_and_last_how_it_ended_over_one_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server()

    progress = run(server, monkeypatch)

    assert f"Running: `{NODE}`" in server.texts[0]
    assert server.texts[-1].startswith(f"# {PLAN.cloud} to {PLAN.to}: done")
    assert server.clients == 1
    assert progress.begun == [NODE]


def test_a_server_that_is_gone_is_noted_once_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(gone=True)

    progress = run(server, monkeypatch)

    assert progress.begun == [NODE]
    assert progress.notes == ["the artifact progress could not be shown: connection refused"]


def test_an_artifact_that_was_not_made_is_not_brought_up_to_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(**_artifact: object) -> UUID:
        raise ConnectionRefusedError("connection refused")

    server, progress = Server(), FakeProgress()
    PROGRESS.set(progress)
    monkeypatch.setattr(live, "create_markdown_artifact", refused)
    monkeypatch.setattr(live, "get_client", server.client)
    monkeypatch.setattr(live, "COURTESY", Courtesy(lambda: True))

    with LiveArtifact(PLAN, progress) as shown:
        shown.started(NODE)

    assert (server.clients, progress.begun) == (0, [NODE])
