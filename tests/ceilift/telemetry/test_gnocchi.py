"""Gnocchi's API, asked over a real socket: what it tells, and every way it can fail."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from ceilift.errors import CeiliftError, TransientError
from ceilift.stores import GnocchiState
from ceilift.telemetry.gnocchi import ATTEMPTS, Gnocchi
from tests.gnocchi_server import GnocchiServer, serving

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
SECRET = "hunter2"  # noqa: S105 - a test's


@pytest.fixture
def server() -> Iterator[GnocchiServer]:
    with serving(GnocchiServer()) as made:
        yield made


def asking(server: GnocchiServer, **more: object) -> Gnocchi:
    return Gnocchi(server.url, patience_s=0.01, **more)  # type: ignore[arg-type]


def test_version_and_backlog_are_told(server: GnocchiServer) -> None:
    server.measures, server.metrics, server.processors = [1200], 40, ["a.1", "a.2"]

    assert asking(server).look() == GnocchiState(
        reachable=True, version="4.7.1", measures=1200, metrics=40, processors=2
    )
    assert server.asked == ["/", "/v1/status?details=false"]


def test_what_waits_is_told_again_after_a_while(server: GnocchiServer) -> None:
    server.measures = [1200, 1500]
    waited: list[float] = []

    seen = asking(server, wait=waited.append).look(5.0)

    assert (seen.measures, seen.later, seen.apart_s, waited) == (1200, 1500, 5.0, [5.0])


@pytest.mark.parametrize(
    "login", [{"login": ("admin", SECRET)}, {"token": "admin"}], ids=["basic", "keystone"]
)
def test_an_administrator_may_read_the_status(
    server: GnocchiServer, login: dict[str, object]
) -> None:
    server.admin, server.measures = "admin", [7]

    assert asking(server, **login).look().measures == 7


@pytest.mark.parametrize("login", [None, ("somebody", SECRET)])
def test_without_the_right_to_the_version_is_told_all_the_same(
    server: GnocchiServer, login: tuple[str, str] | None
) -> None:
    server.admin = "admin"
    waited: list[float] = []

    seen = asking(server, login=login, wait=waited.append).look(5.0)

    assert (seen.reachable, seen.version, seen.measures, seen.later) == (True, "4.7.1", None, None)
    assert "refuses the login" in seen.unread
    assert waited == []


def test_one_that_tells_no_version_is_still_one(server: GnocchiServer) -> None:
    server.build = None

    assert asking(server).look().version == ""


def test_a_status_that_is_none_is_not_taken_for_an_empty_backlog(server: GnocchiServer) -> None:
    server.measures = [None]  # type: ignore[list-item]

    seen = asking(server).look()

    assert (seen.measures, seen.unread) == (None, "it gives no status (200)")


def test_where_no_metricd_has_run_it_is_there_and_its_status_is_not(server: GnocchiServer) -> None:
    server.has_metricd = False

    seen = asking(server).look(5.0)

    assert (seen.reachable, seen.version, seen.measures, seen.later) == (True, "4.7.1", None, None)
    assert "metricd" in seen.unread


def test_a_moment_of_trouble_is_waited_for(server: GnocchiServer) -> None:
    server.failing = [503] * (ATTEMPTS - 1)

    assert asking(server).look().version == "4.7.1"


def test_trouble_that_stays_is_told(server: GnocchiServer) -> None:
    server.failing = [503] * ATTEMPTS

    with pytest.raises(TransientError, match="answers 503"):
        asking(server, login=("admin", SECRET)).look()


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"build": "4.7.1"}'])
def test_another_service_is_not_taken_for_gnocchi(server: GnocchiServer, body: bytes) -> None:
    server.body = body

    with pytest.raises(CeiliftError, match="does not answer as Gnocchi"):
        asking(server).look()


def test_a_redirect_is_not_followed_with_the_login(server: GnocchiServer) -> None:
    server.failing = [302]

    with pytest.raises(CeiliftError, match=r"does not answer as Gnocchi \(302\)"):
        asking(server, login=("admin", SECRET)).look()


def test_one_that_never_answers_is_given_up(server: GnocchiServer) -> None:
    server.hangs = True

    with pytest.raises(TransientError, match="ReadTimeout") as told:
        asking(server, login=("admin", SECRET), timeout_s=(1.0, 0.05)).look()

    assert SECRET not in str(told.value)
    assert len(server.asked) == ATTEMPTS


def test_nobody_there_is_told() -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"http://127.0.0.1:{found.getsockname()[1]}"

        with pytest.raises(TransientError, match="does not answer"):
            Gnocchi(url, token=SECRET, patience_s=0.01).look()


def test_a_path_before_the_api_is_kept(server: GnocchiServer) -> None:
    with pytest.raises(CeiliftError):
        Gnocchi(f"{server.url}/metric/", patience_s=0.01).look()

    assert server.asked == ["/metric/"]
