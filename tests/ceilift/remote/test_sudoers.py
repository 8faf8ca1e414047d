"""A sudoers file names Ceilift's one command whole, and says what that is worth."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ceilift.inventory import Inventory
from ceilift.remote.command import Way, command_line, shell_of
from ceilift.remote.login import login_for
from ceilift.remote.sudoers import Sudoers, places, sudoers
from ceilift.secrets import EnvFileSecrets
from tests import clouds

NO_PASSWORD = {"method": "sudo"}
PASSWORD = {"method": "sudo", "password": {"env": "SUDO_PASSWORD"}}


def described(**ssh: object) -> Inventory:
    services = {"backend": "systemd", "definition": "/etc/systemd/system/{unit}.service"}
    roles = {"ctl1": ["collector", "notification"], "pol1": ["polling-central"]}
    return clouds.inventory(roles, ssh=ssh, services=services)


def made(name: str = "ctl1", **ssh: object) -> Sudoers:
    cloud = described(**ssh)
    host = cloud.host(name)
    return sudoers(cloud, host, login_for(cloud, host, EnvFileSecrets()))


@pytest.mark.skipif(shutil.which("visudo") is None, reason="needs the Debian package sudo")
@pytest.mark.parametrize("become", [NO_PASSWORD, PASSWORD, None])
@pytest.mark.parametrize("user", ["deploy", "root"])
def test_visudo_takes_it(tmp_path: Path, user: str, become: object) -> None:
    file = tmp_path / "ceilift"
    file.write_text(made(user=user, become=become).text)
    file.chmod(0o440)
    done = subprocess.run(["visudo", "-cf", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_a_password_in_the_inventory_sudo_asks_for_none() -> None:
    text = made(user="deploy", become=NO_PASSWORD).text
    assert "deploy ALL=(root) NOPASSWD: CEILIFT\n" in text
    assert "while IFS" not in text


def test_with_one_it_goes_on_asking() -> None:
    text = made(user="deploy", become=PASSWORD).text
    assert "deploy ALL=(root) PASSWD: CEILIFT\n" in text
    assert r"while IFS\= read -r line" in text
    assert "SUDO_PASSWORD" not in text


def test_it_says_that_it_is_root_and_keeps_input_out_of_sudos_log() -> None:
    text = made(user="deploy", become=NO_PASSWORD).text
    assert "# This is root." in text
    assert "Defaults!CEILIFT !log_input, !log_output" in text


def test_root_needs_none() -> None:
    found = made(user="root", become=NO_PASSWORD)
    assert not found.needed
    assert all(line.startswith("#") for line in found.text.splitlines())


def test_a_login_without_become_is_told_what_it_has_to_be_able_to_write() -> None:
    found = made(user="ceilometer")
    assert not found.needed
    assert "#   /etc/systemd/system/ceilometer-collector.service\n" in found.text
    assert "#   /etc/systemd/system/ceilometer-collector-ceilift.service\n" in found.text
    assert "ceilometer-polling" not in found.text
    assert all(line.startswith("#") for line in found.text.splitlines())


def test_a_place_is_named_once() -> None:
    cloud = described()
    for host in cloud.hosts:
        found = places(cloud, host)
        assert len(found) == len(set(found))


@pytest.mark.parametrize("way", list(Way))
def test_the_command_is_the_same_for_every_script_deadline_and_argument(way: Way) -> None:
    def text(*args: str, limit: float) -> str:
        return command_line(way, args, limit).replace(shell_of(way), "")

    assert len(shell_of(way)) > 40
    assert shell_of(way).count("{") == 0
    assert len(text("x", limit=9)) == len(text("y", limit=7))
