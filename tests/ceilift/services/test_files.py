"""Files of a host replaced and brought back, by the real scripts in a real sh."""

from __future__ import annotations

from pathlib import Path

import pytest

from ceilift.digest import digest
from ceilift.errors import StepFailedError
from ceilift.services.files import restore_file, write_file

from .conftest import LocalHost

OLD, NEW = "sources: []\n", "sources:\n- name: 'ü $HOME `id`'\n"


def write(host: LocalHost, path: Path, text: str = NEW) -> str:
    like = host.file("etc/like.conf", "", 0o640)
    return write_file(host.act(), host, "write-1", str(path), text, str(like))


def restore(host: LocalHost, path: Path, former: str) -> str:
    return restore_file(host.act(), host, "restore-1", str(path), former)


def test_it_holds_exactly_the_text_and_keeps_its_mode(host: LocalHost) -> None:
    path = host.file("etc/polling.yaml", OLD, 0o604)

    assert write(host, path) == f"{path} written"

    assert path.read_text(encoding="utf-8") == NEW
    assert path.stat().st_mode & 0o777 == 0o604
    assert write(host, path) == f"{path} already written"


def test_a_new_one_gets_the_mode_of_the_other_file(host: LocalHost) -> None:
    path = host.root / "etc" / "ceilift" / "new.yaml"

    write(host, path)

    assert path.read_text(encoding="utf-8") == NEW
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_was_there_comes_back(host: LocalHost) -> None:
    path = host.file("etc/polling.yaml", OLD)
    write(host, path)
    write(host, path, "third: []\n")

    assert restore(host, path, digest(OLD)) == f"{path} restored"
    assert path.read_text(encoding="utf-8") == OLD
    assert restore(host, path, digest(OLD)) == f"{path} as it was"


def test_where_there_was_none_it_goes_again(host: LocalHost) -> None:
    path = host.root / "etc" / "new.yaml"
    write(host, path)

    assert restore(host, path, "") == f"{path} removed again"
    assert not path.exists()
    assert restore(host, path, "") == f"{path} as it was"


def test_what_nobody_kept_cannot_come_back(host: LocalHost) -> None:
    path = host.file("etc/polling.yaml", OLD)

    with pytest.raises(StepFailedError, match="does not hold what"):
        restore(host, path, digest("something else"))
    assert path.read_text(encoding="utf-8") == OLD


def test_the_text_is_no_argument(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, ...]] = []
    run = LocalHost.run

    def watched(self: LocalHost, script: str, *args: str, **more: object) -> object:
        seen.append(args)
        return run(self, script, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalHost, "run", watched)
    write(host, host.root / "etc" / "secret.yaml", "snmp://user:hidden@192.0.2.1\n")

    assert seen
    assert not any("hidden" in arg for args in seen for arg in args)


def test_a_folder_that_cannot_be_written_is_told(host: LocalHost) -> None:
    blocker = host.file("etc/ceilift", "a file where a folder should be")

    with pytest.raises(StepFailedError, match="ceilift"):
        write(host, blocker / "new.yaml")
