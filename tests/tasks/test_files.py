"""The files of a step: where they go, and that they are what the plan names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.component import Component
from ceilift.digest import digest
from ceilift.errors import StepFailedError
from ceilift.new_files import name_files
from ceilift.plan import Action, Step, Target
from ceilift.plan_files import FileKind, Origin, StepFile
from ceilift.polling_file import read_polling_file
from ceilift.pollsters import PollingSource, polling_yaml, restricted
from ceilift.state import AgentConfig, Instance
from tasks.files import put_files
from tasks.session import Session
from tests.tasks.conftest import Runs

SOURCE = PollingSource("s", 10.0, ("*",), ("r1",))
UNIT = "ceilometer-polling"
POLLING = "sources:\n- {name: a, interval: 10, meters: [cpu, memory], resources: [r1]}\n"
OWN = "/etc/ceilometer/ceilift/own.yaml"


@pytest.fixture
def session(runs: Runs) -> Session:
    made = runs.open()
    config = AgentConfig(polling_sources=(SOURCE,), polling_path="/etc/elsewhere/polling.yaml")
    made.before = (Instance(Component.POLLING, "ctl1", UNIT, ("central",), config=config),)
    return made


def step(*files: StepFile, unit: str = UNIT) -> Step:
    target = Target(Component.POLLING, "ctl1", unit, ("central",))
    return Step("s", "polling", Action.START, (target,), "9.0.7", (), "", "", "", files=files)


def sent(runs: Runs) -> list[tuple[str, ...]]:
    return [asked.args[3:] for asked in runs.cloud.connections.shell("ctl1").asked]


def test_one_held_to_pollsters_is_made_of_what_the_agent_had(runs: Runs, session: Session) -> None:
    text = polling_yaml(restricted((SOURCE,), ("cpu",), ("cpu",)))
    file = StepFile(FileKind.POLLING, digest(text), "own.yaml", ("cpu",), Origin.BEFORE)

    list(put_files(session, step(file, unit=f"{UNIT}-ceilift")))

    assert sent(runs) == [(OWN, "/etc/ceilometer/ceilometer.conf", digest(text))]


def test_a_given_one_goes_where_the_agent_reads_it(
    runs: Runs, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "p.yaml").write_text(POLLING, encoding="utf-8")
    files = name_files({FileKind.POLLING: str(tmp_path / "p.yaml")})
    session.plan = replace(session.plan, request=replace(session.plan.request, files=files))
    only = polling_yaml(restricted(read_polling_file(POLLING).sources, ("memory",), ("memory",)))

    list(
        put_files(
            session,
            step(
                StepFile(FileKind.POLLING, files[0].digest),
                StepFile(FileKind.POLLING, digest(only), "own.yaml", ("memory",)),
            ),
        )
    )

    assert [(path, sha) for path, _, sha in sent(runs)] == [
        ("/etc/elsewhere/polling.yaml", digest(POLLING)),
        (OWN, digest(only)),
    ]


def test_another_content_than_the_plan_names_is_not_written(runs: Runs, session: Session) -> None:
    file = StepFile(FileKind.POLLING, digest("x"), "own.yaml", ("cpu",), Origin.BEFORE)

    with pytest.raises(StepFailedError, match="is not the one of the plan"):
        list(put_files(session, step(file)))
    assert sent(runs) == []


def test_the_hosts_own_stays_and_a_former_one_is_brought_back(runs: Runs, session: Session) -> None:
    own = StepFile(FileKind.POLLING, "abc", origin=Origin.HOST)
    former = StepFile(FileKind.POLLING, "def", origin=Origin.FORMER)

    list(put_files(session, step(own, former)))

    assert sent(runs) == [("/etc/elsewhere/polling.yaml", "def")]
