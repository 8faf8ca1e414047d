"""The API behind a web server: warmed in the release's own Python, switched by one reload."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError
from ceilift.services import wsgi

from .conftest import LocalHost

SITE = """\
# was python-home=/opt/ceilometer/7.0.0
WSGIDaemonProcess ceilometer python-home={root}/opt/ceilometer/8.1.5
WSGIScriptAlias / {root}/etc/app.wsgi
WSGIPythonPath {root}/opt/ceilometer/8.1.5/lib:/other{root}/opt/ceilometer/8.1.5
"""
APPLICATION = """\
def application(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    start_response("200 OK" if (path, query) == ("/v2/meters", "limit=1") else "404 no", [])
    return [b"[]", b"\\n"]
"""
RELOAD = """\
#!/bin/sh
printf "%s|" "$@" >>"$FAKE/reloads"
if [ -e "$FAKE/broken" ]; then echo no syntax; exit 1; fi
"""


@pytest.fixture(autouse=True)
def site(host: LocalHost) -> Path:
    for version in ("8.1.5", "9.0.7"):
        folder = Path(host.release(version))
        (folder / "bin" / "python").symlink_to(sys.executable)
    host.file("bin/reload-server", RELOAD, 0o755)
    host.file("etc/app.wsgi", APPLICATION)
    return host.file("etc/site.conf", SITE.format(root=host.root), 0o640)


def warm(host: LocalHost, version: str = "9.0.7", *, dry: bool = False) -> str:
    there = host.inventory.host(host.host)
    return wsgi.warm(host.act(dry=dry), host, "warm-1", host.inventory, there, version)


def switch(host: LocalHost, version: str = "9.0.7", *, dry: bool = False) -> str:
    there = host.inventory.host(host.host)
    return wsgi.switch(host.act(dry=dry), host, "switch-1", host.inventory, there, version)


def test_warm_asks_what_the_inventory_asks(host: LocalHost) -> None:
    assert warm(host) == "answered 200 with 3 bytes"


def test_warm_refuses_any_other_answer(host: LocalHost) -> None:
    host.file("etc/app.wsgi", APPLICATION.replace("limit=1", "limit=2"))
    with pytest.raises(StepFailedError, match=r"it answered .*404 no.* to /v2/meters") as failed:
        warm(host)
    assert "ctl1: could not warm the API of 9.0.7" in str(failed.value)


def test_an_application_that_does_not_load_is_shown_without_secrets(host: LocalHost) -> None:
    host.file("etc/app.wsgi", "raise RuntimeError('mysql://ceilometer:s3cret@db/x')\n")
    with pytest.raises(StepFailedError, match="RuntimeError") as failed:
        warm(host)
    assert "s3cret" not in str(failed.value)


def test_an_application_that_hangs_ends_at_the_deadline(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wsgi, "WARM_S", 1.0)
    host.file("etc/app.wsgi", "import threading\nthreading.Event().wait()\n")
    with pytest.raises(StepFailedError, match="no answer within 1 s"):
        warm(host)


@pytest.mark.parametrize("act", [warm, switch])
def test_a_release_that_is_not_there_is_told(host: LocalHost, site: Path, act: object) -> None:
    before = site.read_text(encoding="utf-8")
    with pytest.raises(StepFailedError, match=r"9.9.9 does not exist"):
        act(host, "9.9.9")  # type: ignore[operator]
    assert site.read_text(encoding="utf-8") == before
    assert host.fake("reloads") == ""


def test_switch_moves_every_release_folder_and_reloads_once(host: LocalHost, site: Path) -> None:
    first = site.read_text(encoding="utf-8")
    assert switch(host) == "switched"
    root = host.root
    assert site.read_text(encoding="utf-8") == first.replace(
        f"={root}/opt/ceilometer/8.1.5", f"={root}/opt/ceilometer/9.0.7"
    ).replace(f" {root}/opt/ceilometer/8.1.5/lib", f" {root}/opt/ceilometer/9.0.7/lib")
    assert host.fake("reloads") == "192.0.2.1|two words|"
    assert stat.S_IMODE(site.stat().st_mode) == 0o640
    kept = site.with_name("site.conf.ceilift-before")
    assert kept.read_text(encoding="utf-8") == first


def test_a_second_switch_changes_nothing(host: LocalHost, site: Path) -> None:
    switch(host)
    reloads, changed = host.fake("reloads"), site.stat().st_mtime_ns
    assert switch(host) == "already switched"
    assert (host.fake("reloads"), site.stat().st_mtime_ns) == (reloads, changed)


def test_a_reload_that_failed_is_done_by_the_next_switch(host: LocalHost, site: Path) -> None:
    host.fake("broken", "yes")
    with pytest.raises(StepFailedError, match=r"the reload .* failed: no syntax"):
        switch(host)
    (host.root / "fake" / "broken").unlink()
    assert switch(host) == "switched"
    assert host.fake("reloads") == "192.0.2.1|two words|" * 2
    assert sorted(entry.name for entry in site.parent.glob("site*")) == [
        "site.conf",
        "site.conf.ceilift-before",
    ]


def test_a_server_that_sees_the_change_by_itself_needs_no_reload(host: LocalHost) -> None:
    settings = host.inventory.wsgi
    assert settings is not None
    alone = settings.model_copy(update={"reload": ()})
    host.inventory = host.inventory.model_copy(update={"wsgi": alone})
    assert switch(host) == "switched"
    assert switch(host) == "already switched"
    assert host.fake("reloads") == ""


def test_switching_back(host: LocalHost, site: Path) -> None:
    first = site.read_text(encoding="utf-8")
    switch(host)
    switch(host, "8.1.5")
    assert site.read_text(encoding="utf-8") == first


def test_a_file_that_names_no_release_is_refused(host: LocalHost, site: Path) -> None:
    site.write_text("# python-home=/opt/ceilometer/8.1.5\nListen 80\n", encoding="utf-8")
    with pytest.raises(StepFailedError, match=r"site.conf names no release folder"):
        switch(host)
    assert host.fake("reloads") == ""


def test_a_missing_file_is_told(host: LocalHost, site: Path) -> None:
    site.unlink()
    with pytest.raises(StepFailedError, match=r"site.conf does not exist"):
        switch(host)


def test_a_dry_run_sends_nothing(host: LocalHost) -> None:
    assert warm(host, dry=True) == "would warm the API of 9.0.7"
    assert switch(host, dry=True) == "would switch the API to 9.0.7"
    assert host.runs == 0


def test_an_inventory_without_an_api_is_told(host: LocalHost) -> None:
    bare = host.inventory.model_copy(update={"wsgi": None})
    with pytest.raises(StepFailedError, match="does not say how the API is served"):
        wsgi.switch(host.act(), host, "n", bare, bare.host("ctl1"), "9.0.7")


def with_server(host: LocalHost, *words: str) -> None:
    """The inventory names the fake command as the one that stops and starts the server."""
    assert host.inventory.wsgi is not None
    own = (f"{host.root}/bin/reload-server", "{address}", *words)
    settings = host.inventory.wsgi.model_copy(
        update={"stop": (*own, "stop"), "start": (*own, "start")}
    )
    host.inventory = host.inventory.model_copy(update={"wsgi": settings})


def act(host: LocalHost, what: wsgi.Act, version: str = "9.0.7") -> str:
    there = host.inventory.host(host.host)
    return what(host.act(), host, "node-1", host.inventory, there, version)


def test_the_server_stops_by_its_own_command(host: LocalHost, site: Path) -> None:
    with_server(host, "a b")
    before = site.read_text(encoding="utf-8")

    assert act(host, wsgi.stop) == "stopped"

    assert host.fake("reloads") == "192.0.2.1|a b|stop|"
    assert site.read_text(encoding="utf-8") == before


def test_it_starts_pointed_at_the_release_and_is_not_reloaded(host: LocalHost, site: Path) -> None:
    with_server(host)

    assert act(host, wsgi.start) == "switched, started"

    assert host.fake("reloads") == "192.0.2.1|start|"
    assert f"python-home={host.root}/opt/ceilometer/9.0.7" in site.read_text(encoding="utf-8")
    assert act(host, wsgi.start) == "already switched, started"


def test_a_server_that_does_not_stop_is_told(host: LocalHost) -> None:
    with_server(host)
    host.fake("broken", "yes")

    with pytest.raises(StepFailedError, match=r"could not stop the API's web server.*no syntax"):
        act(host, wsgi.stop)


def test_without_its_commands_nothing_is_stopped(host: LocalHost) -> None:
    with pytest.raises(StepFailedError, match="does not say how to stop") as told:
        act(host, wsgi.stop)

    assert told.value.next_command == "give wsgi.stop, then: ceilift resume"
