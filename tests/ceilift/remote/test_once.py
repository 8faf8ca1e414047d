"""An act that its host remembers: done once for each key, waited for while it runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ceilift.remote.once import Once

UMASK = os.umask(0o022)
os.umask(UMASK)
COUNTS = 'echo ran >>"$1/ran"; echo "said $2"'


def begin(folder: Path, once: Once, script: str = COUNTS) -> subprocess.Popen[str]:
    begun = subprocess.Popen(
        ["sh", "-s", "--", *once.args, str(folder), "this"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )
    assert begun.stdin is not None
    begun.stdin.write(once.script(script + "\n"))
    begun.stdin.close()
    begun.stdin = None
    return begun


def run(folder: Path, once: Once, script: str = COUNTS) -> tuple[int, str]:
    with begin(folder, once, script) as begun:
        said, _ = begun.communicate(timeout=30)
    return begun.returncode, said


def times(folder: Path) -> int:
    file = folder / "ran"
    return len(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else 0


def once(folder: Path, key: str) -> Once:
    return Once(str(folder), "cloud.database-dbsync", key)


def test_it_is_done_once_and_says_again_what_it_said(tmp_path: Path) -> None:
    one = once(tmp_path, "upgrade 1")

    assert [run(tmp_path, one), run(tmp_path, one)] == [(0, "said this\n")] * 2
    assert times(tmp_path) == 1


def test_another_upgrade_does_it_anew(tmp_path: Path) -> None:
    for key in ("upgrade 1", "upgrade 2", "upgrade 2", "upgrade 1"):
        assert run(tmp_path, once(tmp_path, key))[0] == 0

    assert times(tmp_path) == 3


@pytest.mark.parametrize("end", ["exit 3", "(exit 3)", "false || exit 3"])
def test_what_failed_may_be_tried_again(tmp_path: Path, end: str) -> None:
    one = once(tmp_path, "upgrade 1")

    assert run(tmp_path, one, f"{COUNTS}\n{end}") == (3, "said this\n")
    assert run(tmp_path, one)[0] == 0
    assert times(tmp_path) == 2


def test_one_that_still_runs_is_waited_for(tmp_path: Path) -> None:
    """Its controller is dead: nobody hears what it says, and it goes on to its end."""
    one, begun, goes_on = once(tmp_path, "1"), tmp_path / "begun", tmp_path / "goes-on"
    slow = f'touch "{begun}"; while [ ! -e "{goes_on}" ]; do sleep 0.05; done; {COUNTS}'
    with begin(tmp_path, one, slow) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.close()
        while not begun.exists():
            assert orphan.poll() is None
        with begin(tmp_path, one) as second:
            goes_on.touch()
            said, _ = second.communicate(timeout=30)

    assert (said, second.returncode, times(tmp_path)) == ("said this\n", 0, 1)


def test_a_host_that_cannot_remember_it_does_not_begin_it(tmp_path: Path) -> None:
    """As on a disk without a byte left: it would be done again by whoever goes on."""
    folder = tmp_path / ("var/lib/ceilift" if os.geteuid() == 0 else ".ceilift")
    folder.mkdir(parents=True)
    (folder / "cloud.database-dbsync.new").symlink_to("/dev/full")

    assert run(tmp_path, once(tmp_path, "1")) == (1, "")
    assert times(tmp_path) == 0


def test_what_it_said_is_private_and_what_it_makes_is_as_ever(tmp_path: Path) -> None:
    one = once(tmp_path, "1")
    run(tmp_path, one)

    [record] = tmp_path.rglob(one.name)
    assert (record.stat().st_mode & 0o777, (tmp_path / "ran").stat().st_mode & 0o777) == (
        0o600,
        0o666 & ~UMASK,
    )


def test_a_trap_of_the_script_is_its_own(tmp_path: Path) -> None:
    one, script = once(tmp_path, "1"), f"trap 'echo trapped' EXIT\n{COUNTS}"

    assert [run(tmp_path, one, script) for _ in range(2)] == [(0, "said this\ntrapped\n")] * 2
