"""The script that installs, really run: what it may touch, and how it goes on after a failure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ceilift.install.requirements import Requirements
from ceilift.install.venv import Staged, stage
from ceilift.remote.act import Actor, Recorder
from tests import clouds
from tests.local_shell import LocalShell

SHA = "--hash=sha256:" + "0" * 64
LIST = Requirements(f"ceilometer==9.0.7 {SHA}\n", {"ceilometer": "9.0.7"})
# Makes a folder whose Python notes what it is asked, installs by a word, and verifies by a word.
PYTHON = """#!/bin/sh
mkdir -p "$3/bin"; cat >"$3/bin/python" <<'END'
#!/bin/sh
here=$(dirname "$0")/..
case "$*" in
  *"pip install"*)
    echo "$*" >>"$here/asked"; cat "$here/.ceilift-requirements.txt" >"$here/listed"
    [ -e "$here/../pip-fails" ] && { echo "no matching hash" >&2; exit 1; }
    touch "$here/whole" ;;
  *)
    [ -e "$here/whole" ] && release=9.0.7
    echo "{\\"release\\": \\"$release\\", \\"other\\": {}, \\"changed\\": [], \\"faults\\": {}}" ;;
esac
END
chmod +x "$3/bin/python"
"""


@dataclass
class OneHost:
    folder: Path
    journal: Recorder

    def stage(self, wanted: Requirements = LIST, *, dry: bool = False) -> Staged:
        install = {
            "path": "{root}/opt/{release}",
            "python": str(self.folder / "python3"),
            "pip": ["--index-url", "http://mirror.example.net/simple"],
        }
        inventory = clouds.inventory({"ctl1": ["collector"]}, install=install)
        host = inventory.hosts[0].model_copy(update={"root": str(self.folder)})
        inventory = inventory.model_copy(update={"hosts": (host,)})
        actor = Actor(inventory, self.journal, 1, dry=dry)
        release = clouds.catalogue().get("9.0.7")
        return stage(actor, LocalShell("ctl1"), inventory, release, wanted)

    @property
    def release(self) -> Path:
        return self.folder / "opt" / "9.0.7"


@pytest.fixture
def host(tmp_path: Path) -> OneHost:
    (tmp_path / "python3").write_text(PYTHON)
    (tmp_path / "python3").chmod(0o755)
    (tmp_path / "opt").mkdir()
    return OneHost(tmp_path, Recorder())


def test_it_is_installed_with_the_operators_options_and_checksums(host: OneHost) -> None:
    found = host.stage()

    assert found == Staged("ctl1", ready=True, done="staged")
    asked = (host.release / "asked").read_text()
    assert "--no-deps --require-hashes --index-url http://mirror.example.net/simple" in asked
    assert (host.release / "listed").read_text() == LIST.text
    assert [intent[0] for intent in host.journal.intents] == ["stage/ctl1"]


def test_what_is_there_is_not_installed_again(host: OneHost) -> None:
    host.stage()

    assert host.stage() == Staged("ctl1", ready=True, done="there and whole")
    assert len(host.journal.intents) == 1


def test_a_dry_run_only_says_what_is_there(host: OneHost) -> None:
    found = host.stage(dry=True)

    assert (found.ready, found.done) == (False, "not there")
    assert not host.release.exists()


def test_a_folder_of_somebody_else_is_never_touched(host: OneHost) -> None:
    host.release.mkdir()
    (host.release / "mine").touch()

    found = host.stage()

    assert (found.ready, found.done) == (False, "left as it was found")
    assert [one.name for one in host.release.iterdir()] == ["mine"]


def test_a_failed_pip_is_told_and_gone_on_with(host: OneHost) -> None:
    (host.folder / "opt" / "pip-fails").touch()
    failed = host.stage()
    (host.folder / "opt" / "pip-fails").unlink()

    assert (failed.ready, failed.done) == (False, "not staged")
    assert failed.problem == "pip could not install the list: no matching hash"
    assert host.stage() == Staged("ctl1", ready=True, done="staged")


def test_another_list_for_the_same_release_does_not_change_what_is_there(host: OneHost) -> None:
    host.stage()
    (host.release / "whole").unlink()

    found = host.stage(Requirements(LIST.text + "\n", LIST.pinned))

    assert found.done == "left as it was found"
    assert (host.release / "listed").read_text() == LIST.text
