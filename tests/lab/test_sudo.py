"""A real sudo with the file that Ceilift makes: exactly its own command, for exactly that login.

Makes a login and a file in /etc/sudoers.d of this machine, and takes both away again.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ceilift.remote.command import Way, command_line, standard_input
from ceilift.remote.login import login_for
from ceilift.remote.ssh import WAY
from ceilift.remote.sudoers import sudoers
from ceilift.secrets import EnvFileSecrets
from tests import clouds

FOLDER = Path("/etc/sudoers.d")
PASSWORD = secrets.token_urlsafe(12)
CAN = os.getuid() == 0 and all(shutil.which(one) for one in ("sudo", "useradd", "runuser"))

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not CAN, reason="needs root, and the Debian package sudo"),
]


@dataclass(frozen=True)
class Someone:
    """A login of this machine that is no root."""

    name: str

    def does(self, command: str, stdin: str = "") -> tuple[int, str]:
        """As sshd runs it: the exit code, and what was said."""
        done = subprocess.run(
            ["runuser", "-u", self.name, "--", "sh", "-c", command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        return done.returncode, done.stdout + done.stderr

    def runs(self, way: Way, script: str, *args: str, password: str = "") -> tuple[int, str]:
        """A script as Ceilift runs it."""
        return self.does(command_line(way, args, 20), standard_input(way, script, password))


def someone(suffix: str) -> Iterator[Someone]:
    name = f"ceilift-{suffix}-{secrets.token_hex(3)}"
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", name], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{PASSWORD}", text=True, check=True)
        yield Someone(name)
    finally:
        subprocess.run(["userdel", name], check=True)


@pytest.fixture
def deploy() -> Iterator[Someone]:
    yield from someone("deploy")


@pytest.fixture
def other() -> Iterator[Someone]:
    yield from someone("other")


@pytest.fixture(params=[None, {"env": "ANY"}], ids=["no password", "password"])
def way(request: pytest.FixtureRequest, deploy: Someone) -> Iterator[Way]:
    """The file is in force for that login; how sudo is to be called then."""
    become = {"method": "sudo", "password": request.param}
    cloud = clouds.inventory({"ctl1": ["collector"]}, ssh={"user": deploy.name, "become": become})
    host = cloud.hosts[0]
    made = sudoers(cloud, host, login_for(cloud, host, EnvFileSecrets()))
    file = FOLDER / deploy.name
    file.write_text(made.text)
    file.chmod(0o440)
    try:
        subprocess.run(["visudo", "-cf", str(file)], check=True, capture_output=True)
        yield Way.SUDO if request.param is None else Way.SUDO_PASSWORD
    finally:
        file.unlink()


def test_what_ceilift_runs_is_run_as_root(deploy: Someone, way: Way) -> None:
    said = deploy.runs(way, 'id -u; printf "%s|" "$@"', "$(id)", "two words", password=PASSWORD)
    assert said == (0, "0\n$(id)|two words|")
    assert deploy.runs(way, "exit 97", password=PASSWORD)[0] == 97


def test_how_to_become_root_is_found_out(deploy: Someone, way: Way) -> None:
    expected = "sudo" if way is Way.SUDO else "password"
    assert deploy.runs(Way.AS_LOGIN, WAY) == (0, f"{expected}\n")


@pytest.mark.parametrize(
    "command",
    [
        "id",
        "sh -c id",
        "sh -s",
        "sh",
        "true now",
        "cat /etc/shadow",
        "-u nobody id",
        "-s",
        "systemctl restart ssh",
        "visudo",
    ],
)
def test_nothing_else_is(deploy: Someone, way: Way, command: str) -> None:
    asks = "-k -S -p ''" if way is Way.SUDO_PASSWORD else "-n"
    code, said = deploy.does(f"sudo {asks} {command}", f"{PASSWORD}\nid -u\n")
    assert code != 0
    assert "is not allowed to" in said or "a password is required" in said


def test_nobody_else_is_let_through(other: Someone, way: Way) -> None:
    code, said = other.runs(way, "id -u", password=PASSWORD)
    assert code != 0
    assert "0\n" not in said


def test_the_password_is_in_no_command_line(deploy: Someone, way: Way) -> None:
    """Not in the script's own, nor in those it was started by: timeout, sudo and the login's."""
    script = """pid=$$
while [ "$pid" -gt 1 ]; do
  tr '\\0' ' ' <"/proc/$pid/cmdline"; echo
  pid=$(sed 's/^.*) . //; s/ .*//' "/proc/$pid/stat")
done"""
    code, said = deploy.runs(way, script, "an argument", password=PASSWORD)
    assert code == 0
    assert "timeout -k" in said
    assert "sudo" in said
    assert PASSWORD not in said
