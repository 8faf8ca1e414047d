"""Secrets are found by reference, and nothing but `reveal` ever shows one."""

from __future__ import annotations

import pickle
import traceback
from pathlib import Path

import pytest

from ceilift.errors import BadInputError
from ceilift.inventory_hosts import SecretRef
from ceilift.secrets import EnvFileSecrets, Secret

TEXT = "correct horse battery"


def test_a_secret_shows_itself_to_nobody_but_reveal() -> None:
    secret = Secret(TEXT)

    assert secret.reveal() == TEXT
    assert TEXT not in f"{secret} {secret!r} {[secret]}"


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="hand on its reference"):
        pickle.dumps(Secret(TEXT))


def test_env_gives_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", TEXT)

    assert EnvFileSecrets().get(SecretRef(env="SOME_SECRET")) == Secret(TEXT)


@pytest.mark.parametrize("content", [TEXT, f"{TEXT}\n", f"{TEXT}\r\nsecond line\n"])
def test_file_gives_the_first_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content.encode())

    assert EnvFileSecrets().get(SecretRef(file=str(file))).reveal() == TEXT


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        (SecretRef(env="NOT_SET_ANYWHERE"), "env NOT_SET_ANYWHERE"),
        (SecretRef(file="/nonexistent/secret"), "file /nonexistent/secret"),
        (SecretRef(block="sudo"), "block sudo"),
    ],
)
def test_what_is_missing_is_named(reference: SecretRef, named: str) -> None:
    with pytest.raises(BadInputError, match=named):
        EnvFileSecrets().get(reference)


@pytest.mark.parametrize("content", [b"", b"\nsecond", b"\xff\xfe"])
def test_a_bad_file_is_named_and_its_content_is_not_shown(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)

    with pytest.raises(BadInputError) as caught:
        EnvFileSecrets().get(SecretRef(file=str(file)))

    shown = "".join(traceback.format_exception(caught.value))
    assert str(file) in shown
    assert "second" not in str(caught.value)
