"""What a command prints may be read by nobody: it goes on, ends as it would, shows no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rich.table import Table

from flows.cli.output import say, stdout

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


def test_what_a_terminal_would_obey_is_shown_and_not_obeyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Table("host")
    table.add_row("\x1b[2Jctl1\x07")
    stdout().print(table)
    say("it said \x1b]0;title\x07 and \x9b2J\nand more")
    said = capsys.readouterr()
    assert "\\x1b[2Jctl1" in said.out
    assert said.err == "it said \\x1b]0;title\\x07 and \\x9b2J\nand more\n"
    assert not {"\x1b", "\x07", "\x9b"} & {*said.out, *said.err}
