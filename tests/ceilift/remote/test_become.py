"""Root by sudo: found out once, the password seen by nobody, a refusal told before anything ran."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ceilift.errors import UnreachableError
from ceilift.remote.ssh import SshShell

from .conftest import Network, Sshd

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

PASSWORD = "s3cret word"  # noqa: S105 - of a stand-in
# Takes the options that are used, asks for a password unless told not to, and shows what it got.
SUDO = """\
#!/bin/sh
ask=yes
while :; do case $1 in
  -n) [ -e "{folder}/nopasswd" ] || {{ echo 'sudo: a password is required' >&2; exit 1; }}; shift ;;
  -S | -k) shift ;;
  -p) shift 2 ;;
  *) break ;;
esac; done
echo "$*" >>"{folder}/sudo.log"
if [ ! -e "{folder}/nopasswd" ]; then
  IFS= read -r given
  [ "$given" = "{password}" ] || {{ echo 'sudo: 1 incorrect password attempt' >&2; exit 1; }}
fi
IN_SUDO=yes exec "$@"
"""
ID = '#!/bin/sh\n[ -n "$IN_SUDO" ] && echo 0 || echo 1000\n'


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SUDO_PASSWORD", PASSWORD)
    return PASSWORD


@pytest.fixture
def sudoer(host: Sshd) -> Sshd:
    """A host whose login is no root and whose sudo asks for a password."""
    host.program("id", ID)
    host.program("sudo", SUDO.format(folder=host.folder, password=PASSWORD))
    return host


def shell_of(network: Network, password: dict[str, str] | None) -> SshShell:
    return network.shell(become={"method": "sudo", "password": password})


def log_of(host: Sshd) -> str:
    return (host.folder / "sudo.log").read_text(encoding="utf-8")


@pytest.mark.usefixtures("secret")
def test_with_a_password(network: Network, sudoer: Sshd) -> None:
    shell = shell_of(network, {"env": "SUDO_PASSWORD"})
    result = shell.run("id -u; cat", "an argument")
    assert (result.code, result.stdout) == (0, "0\n")
    assert PASSWORD not in log_of(sudoer)
    assert "an argument" in log_of(sudoer)


@pytest.mark.usefixtures("sudoer", "secret")
def test_the_login_is_used_where_root_is_not_wanted(network: Network) -> None:
    shell = shell_of(network, {"env": "SUDO_PASSWORD"})
    assert shell.run("id -u", become=False).stdout == "1000\n"


def test_where_sudo_asks_nothing_no_password_is_needed(network: Network, sudoer: Sshd) -> None:
    (sudoer.folder / "nopasswd").touch()
    assert shell_of(network, None).run("id -u").stdout == "0\n"


@pytest.mark.usefixtures("secret")
def test_a_password_that_is_not_asked_for_is_never_run(network: Network, sudoer: Sshd) -> None:
    shell = shell_of(network, {"env": "SUDO_PASSWORD"})
    shell.run("true")
    (sudoer.folder / "nopasswd").touch()
    result = shell.run("echo done")
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_root_needs_no_sudo(network: Network, host: Sshd) -> None:
    host.program("id", "#!/bin/sh\necho 0\n")
    host.program("sudo", "#!/bin/sh\nexit 99\n")
    assert shell_of(network, None).run("echo root").stdout == "root\n"


def test_no_password_in_the_inventory(network: Network, sudoer: Sshd) -> None:
    with pytest.raises(
        UnreachableError, match=r"asks for a password .*ssh.become.password"
    ) as failed:
        shell_of(network, None).run("touch $HOME/ran")
    assert failed.value.kind == "become"
    assert not (sudoer.folder / "home" / "ran").exists()


def test_a_wrong_password_is_told_without_it(
    network: Network, sudoer: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_PASSWORD", "wr0ng")
    with pytest.raises(UnreachableError, match="sudo refused the password") as failed:
        shell_of(network, {"env": "SUDO_PASSWORD"}).run("touch $HOME/ran")
    assert failed.value.kind == "become"
    assert "wr0ng" not in str(failed.value)
    assert not (sudoer.folder / "home" / "ran").exists()


@pytest.mark.usefixtures("secret")
def test_no_sudo_at_all(network: Network, host: Sshd) -> None:
    host.program("id", ID)
    host.program("sudo", "#!/bin/sh\nexit 127\n")
    with pytest.raises(UnreachableError, match="there is no sudo"):
        shell_of(network, {"env": "SUDO_PASSWORD"}).run("true")


@pytest.mark.usefixtures("sudoer", "secret")
def test_the_password_is_on_no_command_line(network: Network) -> None:
    shell = shell_of(network, {"env": "SUDO_PASSWORD"})
    seen = shell.run(
        'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" " "'
    ).stdout
    own = Path(f"/proc/{os.getpid()}/environ").read_bytes()
    assert PASSWORD.encode() not in own, "the test itself must not show it"
    assert PASSWORD not in seen
