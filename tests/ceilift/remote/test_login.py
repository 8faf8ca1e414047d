"""Which settings log in to a host: its own, the cloud's, the defaults."""

from __future__ import annotations

import getpass
from typing import Any

import pytest

from ceilift.inventory import Inventory
from ceilift.remote.login import Login, login_for
from ceilift.secrets import EnvFileSecrets


def login(own: dict[str, Any], common: dict[str, Any], name: str = "a") -> Login:
    inventory = Inventory.model_validate(
        {
            "cloud": "test",
            "ssh": common,
            "hosts": [
                {"name": "a", "address": "192.0.2.1", "ssh": own},
                {"name": "jump", "address": "192.0.2.2"},
            ],
            "message_bus": {
                "management_url": "http://192.0.2.1:15672",
                "user": "ceilift",
                "password": {"env": "NONE"},
            },
            "ledger": "sqlite://",
        }
    )
    return login_for(inventory, inventory.host(name), EnvFileSecrets())


@pytest.mark.parametrize(
    ("field", "own", "common"),
    [
        ("user", "me", "all"),
        ("port", 2222, 2200),
        ("key_file", "/own", "/common"),
        ("known_hosts", "/own", "/common"),
        ("connect_timeout_s", 1.0, 2.0),
    ],
)
def test_a_hosts_own_setting_wins(field: str, own: object, common: object) -> None:
    assert getattr(login({field: own}, {field: common}), field) == own
    assert getattr(login({}, {field: common}), field) == common


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    made = login({}, {})
    assert (made.user, made.port, made.key_file) == (getpass.getuser(), 22, None)
    assert made.known_hosts == "/home/me/.ssh/known_hosts"
    assert made.become is None
    assert made.sudo_password() is None


def test_a_common_jump_host_is_not_its_own() -> None:
    assert login({}, {"proxy_jump": "jump"}).proxy_jump == "jump"
    assert login({}, {"proxy_jump": "jump"}, "jump").proxy_jump is None


def test_the_sudo_password_is_shown_by_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_PASSWORD", "s3cret")
    made = login({}, {"become": {"password": {"env": "SUDO_PASSWORD"}}})
    password = made.sudo_password()
    assert password is not None
    assert password.reveal() == "s3cret"
    assert "s3cret" not in repr(made)


def test_a_hosts_own_key_replaces_the_clouds_in_whatever_form() -> None:
    block = {"block": "ceilift-ssh-key/east"}
    own, common = login({"key": block}, {"key_file": "/all"}), login({}, {"key": block})

    assert (own.key_file, own.key_shown) == (None, "the key in block ceilift-ssh-key/east")
    assert common.key == own.key
    assert login({"key_file": "/own"}, {"key": block}).key is None


@pytest.mark.parametrize("more", [{"key_file": "/own"}, {"key": {"file": "/own"}}])
def test_a_key_is_given_once(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"key_file .* or key"):
        login({"key": {"env": "KEY"}, **more}, {})
