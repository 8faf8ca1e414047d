"""A pipeline written to agents that run, and all of them reloaded at one moment."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ceilift.clock import now
from ceilift.component import Component
from ceilift.digest import digest
from ceilift.errors import StepFailedError
from ceilift.inventory_hosts import DRAIN_SUFFIX
from ceilift.new_files import name_files
from ceilift.plan import Action, Step, Target
from ceilift.plan_files import FileKind, Origin, StepFile
from ceilift.remote.shell import Result
from ceilift.state import HostState
from tasks import files, pipelines
from tasks.session import Session
from tests import clouds
from tests.tasks.conftest import INVENTORY, Runs

UNIT = "ceilometer-agent-notification"
OLD = """
sources: [{name: m, meters: [a], sinks: [s, t]}]
sinks: [{name: s, publishers: [p]}, {name: t, publishers: [p]}]
"""


def step(action: Action, *hosts: str, unit: str = UNIT, **changes: clouds.Field) -> Step:
    targets = tuple(Target(Component.NOTIFICATION, host, unit) for host in hosts)
    return Step("n/x", "notification", action, targets, "8.1.5", (), "", "", "", **changes)


@dataclass
class Manager:
    """A process manager that remembers when each unit was to be reloaded."""

    moments: dict[str, float]

    def reload(self, _actor: object, shell: clouds.Field, _node: str, unit: str, at: float) -> str:
        assert unit == UNIT
        self.moments[shell.host] = at
        return "reloaded"


@pytest.fixture
def session(runs: Runs) -> Session:
    made = runs.open()
    made.before = clouds.agents_of(INVENTORY, "8.1.5")
    return made


def test_all_are_reloaded_at_one_moment_by_the_clock_of_each_host(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = Manager({})
    skewed = (HostState("ctl1", clock_skew_s=30.0), HostState("ctl2", clock_skew_s=-5.0))
    monkeypatch.setattr(pipelines, "observe_hosts", lambda *_: skewed)
    monkeypatch.setattr(pipelines, "service_manager", lambda _: manager)
    begun = now()

    said = pipelines._reload(session, step(Action.RELOAD, "ctl1", "ctl2"))

    assert said == "ctl1: reloaded; ctl2: reloaded"
    assert manager.moments["ctl1"] - manager.moments["ctl2"] == pytest.approx(35.0)
    assert manager.moments["ctl1"] - 30.0 >= begun + pipelines.READY_S


def test_of_the_former_file_only_the_pipes_that_go_are_put_beside(session: Session) -> None:
    sent: list[tuple[str, tuple[str, ...]]] = []
    text = base64.b64encode(OLD.encode()).decode()

    def answer(script: str, args: tuple[str, ...]) -> Result:
        sent.append((script, args))
        return Result(0, f"outcome {text}\n", "", 0.1)

    session.cloud.connections.shell("ctl1").answer = answer  # type: ignore[attr-defined]
    file = StepFile(
        FileKind.PIPELINE,
        digest(OLD),
        "drain-pipeline.yaml",
        origin=Origin.VANISHING,
        pipes=("m:t",),
    )
    drain = step(Action.BESIDE, "ctl1", unit=UNIT + DRAIN_SUFFIX, files=(file,))

    content = files._content(session, drain, file)

    assert "name: t" in content
    assert "name: s" not in content
    (_, args) = sent[0]
    assert args[0] == "/etc/ceilometer/pipeline.yaml"
    assert args[1] == digest(OLD)
    assert args[2].endswith(
        "/8.1.5/lib/python*/site-packages/ceilometer/pipeline/data/pipeline.yaml"
    )


def test_a_former_file_that_is_nowhere_fails_the_step(session: Session) -> None:
    shell = session.cloud.connections.shell("ctl1")
    shell.answer = Result(1, "", "pipeline.yaml no longer has it", 0.1)  # type: ignore[attr-defined]
    file = StepFile(FileKind.PIPELINE, digest(OLD), "x.yaml", origin=Origin.VANISHING)

    with pytest.raises(StepFailedError, match="no longer has it"):
        files._content(session, step(Action.BESIDE, "ctl1", files=(file,)), file)


def test_of_the_new_file_too_only_some_pipes_may_be_put_beside(runs: Runs, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(OLD, encoding="utf-8")
    given = name_files({FileKind.PIPELINE: str(new)})
    session = runs.open(runs.plan(files=given))
    places = (
        ("drain-pipeline.yaml", FileKind.PIPELINE, digest(OLD)),
        ("e", FileKind.EVENT_PIPELINE, ""),
    )
    made = [StepFile(kind, sha, place, pipes=("m:s",)) for place, kind, sha in places]

    pipeline, events = (files._content(session, step(Action.BESIDE, "ctl1"), one) for one in made)

    assert yaml.safe_load(pipeline)["sinks"] == [{"name": "s", "publishers": ["p"]}]
    assert yaml.safe_load(events) == {"sources": [], "sinks": []}
