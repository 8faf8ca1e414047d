"""What is no wheel of Ceilometer is refused in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.errors import BAD_INPUT, BadInputError
from ceilift.wheel import archive
from ceilift.wheel.archive import open_wheel
from tests.wheels import FILES, NAME, package, wheel, wheel_bytes


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("ceilometer-30.0.0.tar.gz", b"", "not the name of such a wheel"),
        ("gnocchi-4.0.0-py3-none-any.whl", b"", "not the name of such a wheel"),
        (NAME, b"no zip", "damaged, or no wheel"),
        (NAME, wheel_bytes()[:200], "damaged, or no wheel"),
    ],
)
def test_what_is_no_wheel_of_ceilometer_is_refused(name: str, data: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        open_wheel(name, data)

    assert caught.value.exit_code == BAD_INPUT
    assert name in str(caught.value)


def test_tests_and_translations_are_not_among_its_files() -> None:
    paths = list(wheel({"ceilometer/locale/de/x.yaml": "", "tests/y.yaml": ""}).paths())

    assert paths == sorted(paths)
    assert "ceilometer/sample.py" in paths
    assert not [path for path in paths if "locale" in path or "/tests/" in path]


def test_a_file_that_is_not_there_or_no_text_is_named() -> None:
    opened = wheel()

    with pytest.raises(BadInputError, match=r"nothing\.py: it is missing"):
        opened.text("nothing.py")
    assert not opened.has("nothing.py")


def test_a_file_of_monstrous_size_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 10)

    with pytest.raises(BadInputError, match="more than any release"):
        wheel().text("ceilometer/sample.py")


def test_bytes_that_are_no_text_are_named() -> None:
    opened = replace(wheel({"ceilometer/odd.py": "x"}))
    opened.contents.read = lambda _: b"\xff\xfe"  # type: ignore[method-assign,assignment,misc]

    with pytest.raises(BadInputError, match=r"odd\.py: it is not UTF-8"):
        opened.text("ceilometer/odd.py")


def test_reading_a_wheel_runs_nothing_of_it(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    evil = f"open({str(trace)!r}, 'w').close()\n"

    package({path: evil + text for path, text in FILES.items() if path.endswith(".py")})

    assert not trace.exists()
