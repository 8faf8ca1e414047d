"""The command line of a script: its label, its deadline, its password line."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from ceilift.remote.command import Way, command_line, label, overran, standard_input


def run(way: Way, script: str, *args: str, limit: float = 10, password: str = "") -> str:
    """As sshd runs it, with sudo left out."""
    words = command_line(way, args, limit)
    stdin = standard_input(way, script, password)
    done = subprocess.run(
        ["sh", "-c", words], input=stdin, capture_output=True, text=True, check=False
    )
    return f"{done.returncode} {done.stdout}"


def test_arguments_and_script() -> None:
    assert run(Way.AS_LOGIN, 'echo "$2"', "x", "it's $HOME") == "0 it's $HOME\n"


def test_an_overlong_script_is_ended_with_its_children() -> None:
    assert run(Way.AS_LOGIN, "sleep 20; echo never", limit=0.2) == "124 "


def test_sudo_is_told_to_ask_nothing_or_to_read_the_password() -> None:
    assert shlex.split(command_line(Way.SUDO, (), 1))[:3] == ["exec", "sudo", "-n"]
    words = shlex.split(command_line(Way.SUDO_PASSWORD, (), 1))
    assert words[:6] == ["exec", "sudo", "-k", "-S", "-p", ""]


def test_only_sudo_with_a_password_is_sent_one() -> None:
    assert (
        standard_input(Way.AS_LOGIN, "true", "x") == standard_input(Way.SUDO, "true", "x") == "true"
    )
    assert standard_input(Way.SUDO_PASSWORD, "true", "x").splitlines()[0] == "x"


@pytest.mark.parametrize(
    ("script", "expected"),
    [("# look at units\ntrue", "look at units"), ("true", "script"), ("#!/bin/sh\n", "script")],
)
def test_label(script: str, expected: str) -> None:
    assert label(script) == expected


def test_a_label_is_short() -> None:
    assert len(label("# " + "x" * 500)) == 60


@pytest.mark.parametrize(
    ("code", "seconds", "expected"),
    [(124, 5.0, True), (137, 5.0, True), (124, 1.0, False), (0, 9.0, False), (1, 9.0, False)],
)
def test_overran(code: int, seconds: float, *, expected: bool) -> None:
    assert overran(code, seconds, 5.0) is expected
