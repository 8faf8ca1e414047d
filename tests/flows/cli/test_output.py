"""What a command prints may be read by nobody: it goes on, ends as it would, shows no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

MANY_LINES = """
import sys
from flows.cli.output import print_json, say, stdout
sys.stdin.readline()
for number in range(3):
    say(f"line {number}")
    stdout().print("x" * 100_000)
print_json({"a": "y" * 100_000})
open(sys.argv[1], "w").write("went on")
"""


@pytest.mark.parametrize("streams", [("stdout",), ("stderr",), ("stdout", "stderr")])
def test_a_command_goes_on_when_nobody_reads(
    streams: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    proof = tmp_path_factory.mktemp("proof") / "proof"
    process = subprocess.Popen(
        [sys.executable, "-c", MANY_LINES, str(proof)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if "stdout" in streams else subprocess.DEVNULL,
        stderr=subprocess.PIPE if "stderr" in streams else subprocess.DEVNULL,
    )
    for name in streams:
        getattr(process, name).close()  # whoever read it is gone
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.close()

    assert process.wait(60) == 0
    assert proof.read_text() == "went on"
