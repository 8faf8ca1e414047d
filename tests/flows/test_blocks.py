"""Credentials kept as Prefect blocks: a run finds them, and nobody sees them."""

# ruff: noqa: PLC0415 - fast tests must not pay for Prefect

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ceilift.errors import BAD_INPUT, DONE, BadInputError
from ceilift.inventory_hosts import SecretRef
from flows.cli import app

HIDDEN = "9Zq-tell-nobody"
KEY = "-----BEGIN KEY-----\nb25lIGxpbmU\n-----END KEY-----\n"


def credential(*words: str, piped: str = HIDDEN) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["credential", *words], input=piped)
    return done.exit_code, done.output + done.stderr


@pytest.mark.parametrize(
    ("words", "piped", "told"),
    [
        (("database", "East Cloud"), HIDDEN, "NAME: East Cloud: is no name of a block"),
        (("database", "east"), " \n", "secret: is empty"),
        (
            ("database", "east", "--file", "/nowhere/at/all"),
            "",
            "--file: /nowhere/at/all: cannot be",
        ),
    ],
)
def test_what_cannot_be_kept_is_told(words: tuple[str, ...], piped: str, told: str) -> None:
    code, said = credential(*words, piped=piped)

    assert code == BAD_INPUT
    assert told in said
    assert HIDDEN not in said


@pytest.mark.prefect
@pytest.mark.usefixtures("server")
def test_a_run_finds_what_was_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.client.orchestration import get_client
    from prefect.settings import get_current_settings

    from flows.secrets import RunSecrets

    monkeypatch.setenv("PREFECT_API_URL", str(get_current_settings().api.url))
    code, said = credential("database", "east", piped=f"{HIDDEN}\n")
    assert code == DONE, said
    assert "{block: ceilift-database/east}" in said
    assert HIDDEN not in said

    found = RunSecrets().get(SecretRef(block="ceilift-database/east"))

    assert found.reveal() == HIDDEN
    with get_client(sync_client=True) as client:
        shown = client.read_block_document_by_name(
            "east", "ceilift-database", include_secrets=False
        )
    assert HIDDEN not in str(shown.data)


@pytest.mark.prefect
@pytest.mark.usefixtures("server")
def test_a_key_keeps_its_lines_and_can_be_given_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from prefect.settings import get_current_settings

    from flows.secrets import RunSecrets

    monkeypatch.setenv("PREFECT_API_URL", str(get_current_settings().api.url))
    file = tmp_path / "key"
    for text in ("old", KEY):
        file.write_text(text)
        assert credential("ssh-key", "east", "--file", str(file))[0] == DONE

    assert RunSecrets().get(SecretRef(block="ceilift-ssh-key/east")).reveal() == KEY


@pytest.mark.prefect
@pytest.mark.usefixtures("server")
def test_prefects_own_secrets_are_found_and_missing_ones_named() -> None:
    from prefect.blocks.system import Secret
    from pydantic import SecretStr

    from flows.secrets import RunSecrets

    Secret(value=SecretStr(HIDDEN)).save("plain")

    assert RunSecrets().get(SecretRef(block="plain")).reveal() == HIDDEN
    with pytest.raises(BadInputError, match="block ceilift-api/nobody: no such block"):
        RunSecrets().get(SecretRef(block="ceilift-api/nobody"))
