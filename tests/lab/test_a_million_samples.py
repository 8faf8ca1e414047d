"""A real migration, 40 to 45, rehearsed on a copy of a database with a million samples."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError
from lab.database_servers import PASSWORD_QUOTED, PrivateMariadb
from tests.lab.database_stage import DatabaseStage

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]

RELEASE, SAMPLES = "9.0.7", 1_000_000
VERSION_40 = """
import os, sys
from oslo_db.sqlalchemy import migration
from sqlalchemy import create_engine
import ceilometer.storage.sqlalchemy as storage
folder = os.path.join(os.path.dirname(storage.__file__), "migrate_repo")
engine = create_engine(sys.argv[1])
migration.db_sync(engine, folder, version=40, init_version=0, sanity_check=False)
"""
METER = "INSERT INTO meter (id, name, type, unit) VALUES (1, 'cpu_util', 'gauge', 'percent')"
RESOURCE = (
    "INSERT INTO resource (internal_id, resource_id, metadata_hash)"
    " SELECT seq, CONCAT('r', seq), MD5(seq) FROM seq_1_to_1000"
)
SAMPLE = (
    "INSERT INTO sample (meter_id, resource_id, timestamp, volume, message_id, recorded_at)"
    " SELECT 1, 1 + seq % 1000, 1.7e9 + seq, RAND(), MD5(seq), 1.7e9 + seq"
    " FROM seq_1_to_1000000"
)


@pytest.fixture
def stage(releases: Mapping[str, Path], tmp_path: Path) -> Iterator[DatabaseStage]:
    server = PrivateMariadb()
    try:
        server.start()
        made = DatabaseStage(server, tmp_path)
        venv = releases[RELEASE]
        made.program.unlink()
        made.program.symlink_to(venv / "bin" / "ceilometer-upgrade")
        url = f"mysql+pymysql://ceilometer:{PASSWORD_QUOTED}@127.0.0.1:{server.port}/ceilometer"
        made.config.write_text(f"[database]\nconnection = {url}?charset=utf8\n")
        subprocess.run(
            [venv / "bin" / "python", "-c", VERSION_40, url], check=True, capture_output=True
        )
        for statement in (METER, RESOURCE, SAMPLE):
            made.sql(statement)
        yield made
    finally:
        server.stop()


def test_what_it_takes_and_what_it_deletes_is_known_before_production(
    stage: DatabaseStage,
) -> None:
    [(count,)] = stage.sql("SELECT COUNT(*) FROM sample")
    print(f"rows of the table sample, counted by the server: {count}")  # noqa: T201 - the figure is asked for
    with stage.upgrade() as upgrade:
        saved, verified = upgrade.do("backup", "verify-backup")
        with pytest.raises(StepFailedError, match="did not only add") as told:
            upgrade.do("rehearse")
    print("\n".join([saved, verified, str(told.value), *upgrade.progress.notes]))  # noqa: T201

    assert count == SAMPLES
    assert f"{SAMPLES} of them in sample" in verified
    assert "table trait is gone" in str(told.value)
    assert "sample.message_id: varchar(1000) is now varchar(128)" in str(told.value)
    assert stage.sql("SELECT version FROM migrate_version") == [(40,)]
    assert stage.sql("SELECT version FROM migrate_version", "scratch") == [(45,)]
