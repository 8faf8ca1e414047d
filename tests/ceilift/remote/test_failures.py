"""Which failed logins may pass by themselves: those that nobody answered."""

from __future__ import annotations

from pathlib import Path

import paramiko
import pytest

from ceilift.errors import StepFailedError, TransientError, UnreachableError
from ceilift.inventory import Inventory
from ceilift.remote.failures import explain
from ceilift.remote.login import login_for
from ceilift.secrets import EnvFileSecrets

BROKE = "Authentication failed: transport shut down or saw EOF"


def explained(error: Exception, folder: Path) -> StepFailedError:
    inventory = Inventory.model_validate(
        {
            "cloud": "test",
            "ssh": {
                "user": "ann",
                "key_file": str(folder / "key"),
                "known_hosts": str(folder / "known_hosts"),
                "connect_timeout_s": 7,
            },
            "hosts": [{"name": "ctl1", "address": "192.0.2.1"}],
            "message_bus": {
                "management_url": "http://192.0.2.1:15672",
                "user": "ceilift",
                "password": {"env": "NONE"},
            },
            "ledger": "sqlite://",
        }
    )
    host = inventory.host("ctl1")
    return explain(error, host, login_for(inventory, host, EnvFileSecrets()))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            paramiko.AuthenticationException("Authentication timeout."),
            "ctl1 (192.0.2.1:22) did not answer within 7 s",
        ),
        (
            paramiko.SSHException("No existing session"),
            "ctl1 (192.0.2.1:22) did not answer within 7 s",
        ),
        (
            paramiko.AuthenticationException(BROKE),
            f"ctl1 (192.0.2.1:22): the connection failed ({BROKE})",
        ),
    ],
)
def test_a_login_that_nobody_answered_is_tried_again(
    error: Exception, words: str, tmp_path: Path
) -> None:
    found = explained(error, tmp_path)
    assert isinstance(found, TransientError)
    assert str(found) == words


def test_a_login_that_was_refused_is_not(tmp_path: Path) -> None:
    found = explained(paramiko.AuthenticationException("Authentication failed."), tmp_path)
    assert isinstance(found, UnreachableError)
    assert "refused the login of ann" in str(found)
