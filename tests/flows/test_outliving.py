"""A run whose worker is gone, and with it whoever read its log, goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
from prefect.logging import get_logger
from prefect.logging.configuration import setup_logging
from flows.outliving import outlive_worker
setup_logging()  # as Prefect does before a flow begins
if sys.argv[1] == "outlives":
    outlive_worker()
log = get_logger("ceilift")
sys.stdin.readline()
for number in range(3):
    log.warning("line %s", number)
open(sys.argv[2], "w").write("went on")
"""


@pytest.mark.prefect
@pytest.mark.parametrize(("how", "goes_on"), [("outlives", True), ("as it is", False)])
def test_a_closed_log_does_not_end_it(how: str, *, goes_on: bool, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, how, str(proof)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()  # whoever read it is gone
    process.stdin.write(b"\n")
    process.stdin.close()
    process.wait(60)

    assert proof.exists() is goes_on
