"""A real Gnocchi: its API on a free port of loopback, its index in a private MariaDB.

A metricd ran once, as where there is none in its group no status is told; none runs any more, so
measures that are sent wait for ever.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from lab import releases
from lab.commands import clean_environment, run
from lab.database_servers import PASSWORD_QUOTED, USER, PrivateMariadb, free_port
from lab.files import PRIVATE, write
from lab.settings import Lab
from lab.waiting import until

VERSION = "4.7.1"
ADMIN = ("admin", "of auth_mode basic: any password")
NAME = "gnocchi"
_API = Path(__file__).with_name("gnocchi_api.py")
_UPGRADED_S, _ANSWERS_S = 240, 120
_CONFIG = """\
[DEFAULT]
coordination_url = file://{folder}/members

[indexer]
url = mysql+pymysql://{user}:{password}@127.0.0.1:{port}/{name}?charset=utf8

[storage]
driver = file
file_basepath = {folder}/measures

[api]
auth_mode = basic

[metricd]
workers = 1
"""


@contextmanager
def gnocchi(lab: Lab, folder: Path) -> Iterator[str]:
    """The URL of a new one, which keeps its files in that folder and is gone after the block."""
    venv = releases.environment(lab, NAME, VERSION)
    server = PrivateMariadb()
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        server.create(NAME)
        config = str(_configured(folder, server.port))
        programs, environment = str(venv / "bin"), clean_environment(lab)
        upgrade = (f"{programs}/gnocchi-upgrade", "--config-file", config)
        run(upgrade, within=_UPGRADED_S, env=environment)
        port = str(free_port())
        api = (f"{programs}/python", str(_API), "127.0.0.1", port, config)
        stack.enter_context(_running(api, folder / "api.log", environment))
        metricd = (f"{programs}/gnocchi-metricd", "--config-file", config)
        url = f"http://127.0.0.1:{port}"
        with _running(metricd, folder / "metricd.log", environment):
            until(lambda: _tells(url), f"Gnocchi tells its status (see {folder})", _ANSWERS_S)
        yield url


def _configured(folder: Path, port: int) -> Path:
    values = {"user": USER, "password": PASSWORD_QUOTED, "port": port, "name": NAME}
    write(folder / "gnocchi.conf", _CONFIG.format(**values, folder=folder), PRIVATE)
    return folder / "gnocchi.conf"


@contextmanager
def _running(words: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """A program and what it forks, until the block ends."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            words, stdout=said, stderr=said, env=environment, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tells(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env, session.auth = False, ADMIN
        try:
            return session.get(f"{url}/v1/status?details=false", timeout=5).ok
        except requests.RequestException:
            return False
