"""What a rollback asks for, from a real ledger and hosts that kept the former files."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.digest import digest
from ceilift.errors import RefusedError
from ceilift.plan import Request
from ceilift.plan_files import FileKind, NewFile
from ceilift.planner import make_plan
from ceilift.remote.shell import Result
from ceilift.state import CloudState
from ceilift.way_back import rollback_request
from tests import clouds
from tests.ceilift.past import begin
from tests.fakes import FakeCloud, fake_ledger

CLOUD = clouds.inventory(
    {"ctl1": ["notification", "polling-central"], "ctl2": ["notification"]},
    services={"backend": "systemd", "definition": "/etc/systemd/system/{unit}.service"},
)
FORMER = "sources: []\nsinks: []\n# as it was\n"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[FakeCloud]:
    made = FakeCloud(CLOUD, fake_ledger(tmp_path))
    yield made
    made.ledger.dispose()


def upgraded(cloud: FakeCloud, state: CloudState, request: Request) -> None:
    begin(cloud.ledger, make_plan(CLOUD, state, clouds.catalogue(), request), state)


def keeps(cloud: FakeCloud, host: str, text: str) -> None:
    coded = base64.b64encode(text.encode()).decode()
    cloud.connections.shell(host).answer = Result(0, f"outcome {coded}\n", "", 0.1)


def test_it_asks_for_what_ran_by_the_path_and_in_the_manner_of_the_upgrade(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    asked = clouds.request(path="partial", only=("notification",), stop_all=("notification",))
    upgraded(cloud, clouds.all_at(CLOUD, "9.0.6"), asked)

    found = rollback_request(cloud.as_cloud(), tmp_path)

    assert found == replace(asked, to="9.0.6", rollback=True)


def test_the_files_that_were_there_are_kept_where_only_we_may_read(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    given = NewFile(FileKind.PIPELINE, "/new/pipeline.yaml", "d" * 64)
    upgraded(cloud, clouds.all_at(CLOUD, "9.0.6"), clouds.request(files=(given,)))
    for host in ("ctl1", "ctl2"):
        keeps(cloud, host, FORMER)

    (file,) = rollback_request(cloud.as_cloud(), tmp_path / "former").files

    assert (file.kind, file.digest) == (FileKind.PIPELINE, digest(FORMER))
    assert Path(file.path).read_text() == FORMER
    assert stat.S_IMODE(Path(file.path).stat().st_mode) == 0o600
    assert {one.args[0] for one in cloud.connections.asked} == {"/etc/ceilometer/pipeline.yaml"}


def test_files_that_differed_cannot_be_put_back_by_one_plan(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    given = NewFile(FileKind.PIPELINE, "/new/pipeline.yaml", "d" * 64)
    upgraded(cloud, clouds.all_at(CLOUD, "9.0.6"), clouds.request(files=(given,)))
    keeps(cloud, "ctl1", FORMER)
    keeps(cloud, "ctl2", FORMER + "# another\n")

    with pytest.raises(RefusedError, match="differed from host to host"):
        rollback_request(cloud.as_cloud(), tmp_path)


def test_where_nothing_ran_there_is_nothing_to_go_back_to(cloud: FakeCloud, tmp_path: Path) -> None:
    upgraded(cloud, clouds.seen(CLOUD, ()), clouds.request())

    with pytest.raises(RefusedError, match="nothing ran before"):
        rollback_request(cloud.as_cloud(), tmp_path)
