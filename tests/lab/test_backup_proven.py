"""A dump restored and compared, a migration rehearsed: on real MariaDB and PostgreSQL."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError
from tests.lab.database_servers import PASSWORD, SERVERS
from tests.lab.database_stage import DatabaseStage

pytestmark = pytest.mark.lab

ROWS = 3000


@pytest.fixture(params=sorted(SERVERS))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseStage]:
    server = SERVERS[request.param]()
    try:
        server.start()
        made = DatabaseStage(server, tmp_path)
        made.fill(ROWS)
        yield made
    finally:
        server.stop()


def test_the_whole_stage_proves_the_dump_rehearses_and_migrates(stage: DatabaseStage) -> None:
    with stage.upgrade() as upgrade:
        saved, verified, rehearsed, migrated = upgrade.do()

    [dump] = stage.backups
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    assert saved.startswith(f"{dump} sha256:")
    assert f"sample.id = {ROWS}" in saved
    assert f"3 tables alike, {ROWS + 2} rows counted, {ROWS} of them in sample" in verified
    assert "added: column meter.unit" in rehearsed
    assert "ended with 0" in migrated
    assert stage.sql("SELECT unit FROM meter") == [(None,)]
    ledger = (stage.root / "ledger.db").read_bytes()
    assert PASSWORD.encode() not in ledger
