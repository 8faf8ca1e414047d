"""Scripts over SSH, against a real sshd: what arrives, what comes back, and every way it fails."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ceilift.errors import BadInputError, StepFailedError, TransientError, UnreachableError
from ceilift.remote import conversation, ssh

from .conftest import Network, Sshd, free_port, new_key, until

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_code_and_both_outputs_come_back(network: Network, host: Sshd) -> None:
    result = network.shell().run("echo out; echo err >&2; exit 3")
    assert (result.code, result.stdout, result.stderr) == (3, "out\n", "err\n")
    assert not result.ok
    assert host.logins == 1


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    "argument", ["two words", "it's", '"$HOME"', "a;b|c>d&", "new\nline", "", "--help", "ä*?"]
)
def test_arguments_arrive_as_they_are(network: Network, argument: str) -> None:
    assert network.shell().run("printf '%s' \"$#:$1\"", argument).stdout == f"1:{argument}"


@pytest.mark.usefixtures("host")
def test_the_script_is_on_no_command_line(network: Network) -> None:
    script = ': s3cret; cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "'
    seen = network.shell().run(script, "visible").stdout
    assert "visible" in seen
    assert "s3cret" not in seen


@pytest.mark.usefixtures("host")
def test_much_in_both_directions_does_not_block(network: Network) -> None:
    script = (
        "head -c 3000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' y >&2\n"
        + "# filler\n" * 100_000
        + "echo end"
    )
    result = network.shell().run(script)
    assert (len(result.stdout), len(result.stderr)) == (3_000_004, 3_000_000)
    assert result.stdout.endswith("xend\n")


@pytest.mark.usefixtures("host")
def test_a_script_may_end_before_it_was_read(network: Network) -> None:
    assert network.shell().run("exit 5\n" + "# filler\n" * 500_000).code == 5


@pytest.mark.usefixtures("host")
def test_undecodable_output_is_kept_readable(network: Network) -> None:
    assert network.shell().run("printf 'a\\377b'").stdout == "a\\xffb"


@pytest.mark.usefixtures("host")
def test_a_child_left_behind_is_not_waited_for(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "SETTLE_S", 0.1)
    result = network.shell().run("sleep 20 & echo $!", timeout_s=15)
    assert result.seconds < 10
    os.kill(int(result.stdout), 9)


@pytest.mark.usefixtures("host")
def test_output_that_comes_after_the_end_of_the_script_is_read(network: Network) -> None:
    """A busy host tells that the script has ended before it has sent what that said."""
    assert network.shell().run("(sleep 1.3; echo late) & exit 0").stdout == "late\n"


def test_one_connection_serves_all_threads(network: Network, host: Sshd) -> None:
    shell = network.shell()
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda number: shell.run("echo $1", str(number)), range(32)))
    assert [result.stdout for result in results] == [f"{number}\n" for number in range(32)]
    assert host.logins == 1


def test_never_more_than_four_sessions_at_once(network: Network, host: Sshd) -> None:
    shell, folder = network.shell(), host.folder
    script = 'echo >"$1/in.$$"; ls "$1" | grep -c "^in"; sleep 0.1; rm "$1/in.$$"'
    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(lambda _: shell.run(script, str(folder)), range(12)))
    most = max(int(result.stdout) for result in results)
    assert 1 < most <= ssh.CHANNELS


def test_a_script_past_its_deadline_is_ended_on_the_host(network: Network, host: Sshd) -> None:
    shell, mark = network.shell(), host.folder / "pid"
    with pytest.raises(TransientError, match="ctl1: did not end within 1 s and was ended"):
        shell.run('echo $$ >"$1"; sleep 30 & wait', str(mark), timeout_s=1)
    until(lambda: not Path("/proc", mark.read_text(encoding="utf-8").strip()).exists())
    assert shell.run("echo next").stdout == "next\n"
    assert host.logins == 1, "a deadline is no reason to connect anew"


@pytest.mark.usefixtures("host")
def test_a_script_that_says_124_itself_is_a_result(network: Network) -> None:
    assert network.shell().run("exit 124").code == 124


def test_a_host_that_freezes_ends_at_the_deadline(
    network: Network, host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "GRACE_S", 0.1)
    shell = network.shell()
    shell.run("true")
    host.program("timeout", '#!/bin/sh\nshift 3\nexec "$@"\n')
    with pytest.raises(TransientError, match=r"no answer within 0.5 s"):
        shell.run("sleep 20", timeout_s=0.5)


def test_a_connection_that_broke_in_between_is_made_anew(network: Network, host: Sshd) -> None:
    shell = network.shell()
    shell.run("true")
    host.cut()
    assert shell.run("echo again").stdout == "again\n"
    assert host.logins == 2


def test_a_connection_that_breaks_under_a_script_leaves_its_end_unknown(
    network: Network, host: Sshd
) -> None:
    shell, mark = network.shell(), host.folder / "begun"
    failures: list[Exception] = []

    def act() -> None:
        try:
            shell.run('echo >"$1"; sleep 20', str(mark), timeout_s=15)
        except TransientError as error:
            failures.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    until(mark.exists)
    host.cut()
    thread.join()
    assert [str(error) for error in failures] == [
        "ctl1: the connection broke while a script ran: how it ended is not known"
    ]


def test_a_changed_host_key_is_told_with_both_fingerprints(network: Network, host: Sshd) -> None:
    other = network.folder / "other_key"
    new_key(other)
    kind, key, *_ = (network.folder / "other_key.pub").read_text(encoding="utf-8").split()
    network.known_hosts.write_text(f"[127.0.0.1]:{host.port} {kind} {key}\n", encoding="utf-8")
    with pytest.raises(UnreachableError, match=r"the host key of ctl1 .* changed") as failed:
        network.shell().run("true")
    assert failed.value.kind == "host-key"
    assert str(failed.value).count("SHA256:") == 2
    assert host.logins == 0


@pytest.mark.usefixtures("host")
def test_an_unknown_host_key_is_refused(network: Network) -> None:
    network.known_hosts.write_text("", encoding="utf-8")
    with pytest.raises(UnreachableError, match=r"is not in .*known_hosts: add it") as failed:
        network.shell().run("true")
    assert failed.value.kind == "host-key"
    assert network.known_hosts.read_text(encoding="utf-8") == "", "never learnt by itself"


@pytest.mark.usefixtures("host")
def test_no_known_hosts_at_all(network: Network) -> None:
    with pytest.raises(UnreachableError, match="nowhere does not exist") as failed:
        network.shell(known_hosts=str(network.folder / "nowhere")).run("true")
    assert failed.value.kind == "host-key"


@pytest.mark.usefixtures("host")
def test_a_key_that_is_not_let_in(network: Network) -> None:
    stranger = network.folder / "stranger"
    new_key(stranger)
    with pytest.raises(UnreachableError, match=r"refused the login of .*stranger") as failed:
        network.shell(key_file=str(stranger)).run("true")
    assert failed.value.kind == "login"


@pytest.mark.usefixtures("host")
def test_a_key_whose_text_is_a_secret(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_TEXT", network.key.read_text(encoding="utf-8"))

    assert network.shell(key={"env": "KEY_TEXT"}).run("true").ok


@pytest.mark.usefixtures("host")
def test_a_text_that_is_no_key_is_named_and_not_shown(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_TEXT", "9Zq-not-a-key")

    with pytest.raises(BadInputError, match=r"\$KEY_TEXT is no key") as failed:
        network.shell(key={"env": "KEY_TEXT"}).run("true")
    assert "9Zq" not in str(failed.value)


@pytest.mark.usefixtures("host")
def test_a_key_that_is_not_there(network: Network) -> None:
    with pytest.raises(UnreachableError, match="missing does not exist") as failed:
        network.shell(key_file=str(network.folder / "missing")).run("true")
    assert failed.value.kind == "login"


@pytest.mark.usefixtures("host")
def test_nobody_listens(network: Network) -> None:
    with pytest.raises(TransientError, match="refused the connection: no sshd listens there"):
        network.shell(port=free_port()).run("true")


@pytest.mark.usefixtures("host")
def test_somebody_listens_and_says_nothing(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shell = network.shell(port=silent.getsockname()[1], connect_timeout_s=0.3)
        answer = r"ctl1 \(127.0.0.1:\d+\) did not answer within 0.3 s"
        with pytest.raises(TransientError, match=answer):
            shell.run("true")


def test_a_host_that_comes_up_is_reached_by_the_next_try(network: Network, host: Sshd) -> None:
    host.stop()
    shell = network.shell()
    with pytest.raises(TransientError):
        shell.run("true")
    host.start()
    assert shell.run("echo up").stdout == "up\n"


def test_through_a_jump_host_both_keys_are_checked(network: Network, host: Sshd) -> None:
    inner = network.add("compute1")
    connections = network.connections({"compute1": {"proxy_jump": "ctl1"}})
    assert (
        connections.shell("compute1").run('echo "$HOME"').stdout.strip().endswith("compute1/home")
    )
    assert (host.logins, inner.logins) == (1, 1)


@pytest.mark.parametrize("unknown", ["ctl1", "compute1"])
def test_an_unknown_key_on_any_hop_names_that_hop(network: Network, unknown: str) -> None:
    hosts = {name: network.add(name) for name in ("ctl1", "compute1")}
    known = [host.known_hosts_line for name, host in hosts.items() if name != unknown]
    network.known_hosts.write_text("".join(known), encoding="utf-8")
    connections = network.connections({"compute1": {"proxy_jump": "ctl1"}})
    with pytest.raises(UnreachableError, match=f"the key of {unknown} ") as failed:
        connections.shell("compute1").run("true")
    assert failed.value.kind == "host-key"


@pytest.mark.usefixtures("host")
def test_a_host_that_is_down_behind_a_jump_host(network: Network) -> None:
    inner = network.add("compute1")
    inner.stop()
    connections = network.connections({"compute1": {"proxy_jump": "ctl1"}})
    with pytest.raises(TransientError, match="compute1"):
        connections.shell("compute1").run("true")
    assert connections.shell("ctl1").run("echo fine").ok


@pytest.mark.usefixtures("host")
def test_jump_hosts_in_a_circle_are_refused(network: Network) -> None:
    network.add("ctl2")
    connections = network.connections(
        {"ctl1": {"proxy_jump": "ctl2"}, "ctl2": {"proxy_jump": "ctl1"}}
    )
    with pytest.raises(UnreachableError, match="ctl1 -> ctl2 -> ctl1"):
        connections.shell("ctl1")


@pytest.mark.usefixtures("host")
def test_every_error_names_its_host(network: Network) -> None:
    with pytest.raises(StepFailedError) as failed:
        network.shell(port=free_port()).run("true")
    assert failed.value.host == "ctl1"


@pytest.mark.usefixtures("host")
def test_the_time_a_script_took_is_recorded(network: Network) -> None:
    connections = network.connections()
    result = connections.shell("ctl1").run("sleep 0.2")
    assert 0.2 <= result.seconds < 5
