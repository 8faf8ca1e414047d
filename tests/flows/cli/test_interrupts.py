"""What Ctrl-C does to a process that runs an upgrade, tried on real processes."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, signal, sys
from flows.cli.interrupts import interruptible
from tasks.interrupt import INTERRUPT

def press():
    os.kill(os.getpid(), signal.SIGINT)

with interruptible():
    interrupt = INTERRUPT.get()
    interrupt.at_once.append(lambda: print("last words", flush=True))
    {body}
print("went on", interrupt.asked.is_set())
"""


def ran(body: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(body=body)
    return subprocess.run(
        [sys.executable, "-c", program], text=True, capture_output=True, check=False, timeout=60
    )


def test_the_first_one_asks_and_the_run_goes_on_to_its_safe_point() -> None:
    done = ran("interrupt.acting = True; press()")

    assert (done.returncode, done.stdout) == (0, "went on True\n")
    assert "stops at the next safe point" in done.stderr


def test_the_second_one_ends_it_at_once_after_its_last_words() -> None:
    done = ran("interrupt.acting = True; press(); press(); print('not reached')")

    assert (done.returncode, done.stdout) == (1, "last words\n")
    assert "What was running is unknown" in done.stderr
    assert "ceilift status" in done.stderr


def test_before_anything_is_begun_it_ends_the_command() -> None:
    done = ran("press()")

    assert done.returncode != 0
    assert "KeyboardInterrupt" in done.stderr


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    done = ran("pass\nprint(signal.getsignal(signal.SIGINT) is signal.default_int_handler)")

    assert done.stdout.splitlines()[0] == "True"
