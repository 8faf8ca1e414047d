"""Whether pip finds Ceilometer from a host: the real script with the real pip, and its answers."""

from __future__ import annotations

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread
from typing import Any

import pytest

from ceilift.errors import TransientError, UnreachableError
from ceilift.host_files import IndexSeen
from ceilift.inventory import Inventory
from ceilift.probe.index import DEADLINE_S, with_indexes
from ceilift.probe.index_script import MARK
from ceilift.remote.shell import Result
from ceilift.state import HostState
from tests import clouds
from tests.fakes import FakeConnections, FakeShell
from tests.local_shell import LocalShell

CLOSED = "127.0.0.1:1"  # nobody listens on that port
pytestmark = pytest.mark.timeout(180)  # a pip that starts on a busy machine


def described(*pip: str) -> Inventory:
    made = clouds.inventory({"ctl1": ["collector"], "ctl2": ["collector"]})
    install = made.install.model_copy(update={"pip": pip, "python": sys.executable})
    return made.model_copy(update={"install": install})


def answered(*pip: str, shell: Any) -> IndexSeen | None:  # noqa: ANN401 - anything like a shell
    connections: Any = FakeConnections({"ctl1": shell})
    (host,) = with_indexes(connections, described(*pip), [HostState("ctl1")], ["ctl1"])
    return host.means.index


def really(folder: Path, *pip: str, **environment: str) -> IndexSeen | None:
    """As the pip of this machine sees it, with nothing of this machine's own configuration."""
    (folder / "tmp").mkdir()
    own = {"TMPDIR": str(folder / "tmp"), "PIP_CONFIG_FILE": "/dev/null", "HOME": str(folder)}
    shell = LocalShell("ctl1", {**own, **environment})

    found = answered(*pip, shell=shell)

    assert list((folder / "tmp").iterdir()) == []
    return found


def test_where_releases_are_found_the_index_answers(tmp_path: Path) -> None:
    (tmp_path / "ceilometer-9.0.7-py2-none-any.whl").touch()

    found = really(tmp_path, "--no-index", "--find-links", str(tmp_path))

    assert found == IndexSeen(answers=True)


def test_where_none_is_listed_that_is_told(tmp_path: Path) -> None:
    found = really(tmp_path, "--no-index", "--find-links", str(tmp_path))

    assert found == IndexSeen(answers=False, problem="it lists no release of ceilometer")


def test_an_index_that_is_away_is_named_without_login_and_path(tmp_path: Path) -> None:
    away = f"http://somebody:s3cr%40t@{CLOSED}/t0ken/simple"

    found = really(tmp_path, PIP_INDEX_URL=away)

    assert found == IndexSeen(answers=False, hosts=(CLOSED,), problem="it refuses the connection")


def test_an_index_that_pip_does_not_trust_is_told(tmp_path: Path) -> None:
    found = really(tmp_path, PIP_INDEX_URL="http://somebody:s3cret@index.invalid/simple")

    assert found is not None
    assert (found.answers, found.hosts) == (False, ("index.invalid",))
    assert "--trusted-host" in found.problem


PAGE = b"<a href='ceilometer-9.0.7-py2-none-any.whl'>ceilometer-9.0.7-py2-none-any.whl</a>"


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("code", "answers", "problem"),
    [
        (200, True, ""),
        (401, False, "it answers 401"),
        (503, False, "it answers 503"),
    ],
)
def test_an_index_is_judged_by_what_it_answers(
    tmp_path: Path, code: int, problem: str, *, answers: bool
) -> None:
    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE if code == HTTPStatus.OK else b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            host = f"127.0.0.1:{server.server_port}"
            found = really(tmp_path, PIP_INDEX_URL=f"http://somebody:s3cret@{host}/simple")
        finally:
            server.shutdown()
            thread.join()

    assert found == IndexSeen(answers, (host,), problem)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_index_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        found = really(tmp_path, PIP_INDEX_URL=f"http://{host}/simple")

    assert found == IndexSeen(answers=False, hosts=(host,), problem="no answer in time")


def test_options_of_the_inventory_are_the_last_word_and_on_no_command_line(tmp_path: Path) -> None:
    elsewhere = f"http://{CLOSED}/simple"

    found = really(tmp_path, "--index-url", elsewhere, PIP_INDEX_URL="http://192.0.2.1/simple")

    assert found == IndexSeen(answers=False, hosts=(CLOSED,), problem="it refuses the connection")
    shell = FakeShell("ctl1")
    answered("--index-url", elsewhere, shell=shell)
    (asked,) = shell.asked
    assert elsewhere in asked.script
    assert asked.args == (sys.executable, str(DEADLINE_S))


def test_a_pip_that_takes_no_such_option_tells_nothing(tmp_path: Path) -> None:
    assert really(tmp_path, "--no-such-option") is None


@pytest.mark.parametrize(
    "answer",
    [
        Result(142, "", "Alarm clock", 60.0),
        Result(127, "", "python3: not found", 0.1),
        Result(0, "noise\n", "", 0.1),
        Result(0, f"{MARK}{{broken\n", "", 0.1),
        Result(0, f"{MARK}[]\n", "", 0.1),
        TransientError("timed out", host="ctl1"),
        UnreachableError("key changed", host="ctl1", kind="host-key"),
    ],
)
def test_what_cannot_be_told_is_not_known(
    answer: Result | TransientError | UnreachableError,
) -> None:
    assert answered(shell=FakeShell("ctl1", answer)) is None


def test_only_the_hosts_named_are_asked() -> None:
    told = json.dumps({"answers": True, "hosts": ["pypi.example.net"], "problem": ""})
    shells = {name: FakeShell(name, Result(0, MARK + told, "", 0.1)) for name in ("ctl1", "ctl2")}
    connections: Any = FakeConnections(shells)
    hosts = [HostState("ctl1"), HostState("ctl2")]

    first, second = with_indexes(connections, described(), hosts, ["ctl2"])

    assert first == hosts[0]
    assert second.means.index == IndexSeen(answers=True, hosts=("pypi.example.net",))
    assert shells["ctl1"].asked == []
