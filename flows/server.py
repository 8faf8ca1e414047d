"""The private Prefect server: on loopback, with SQLite in Ceilift's own state folder, reused."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
import requests
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from ceilift.errors import CeiliftError

LOOPBACK = "127.0.0.1"
START_DEADLINE_S = 120
HEALTH_WITHIN_S = 2.0
ANSWER_WITHIN_S = 60.0  # of one that has just begun, on a busy machine
LOGIN = "PREFECT_API_AUTH_STRING"
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLI_PROMPT": "false",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running private server: its process, and where it answers."""

    pid: int
    port: int

    @property
    def ui_url(self) -> str:
        """Where a browser goes."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def api_url(self) -> str:
        """What PREFECT_API_URL must say."""
        return f"{self.ui_url}/api"


def state_folder() -> Path:
    """Ceilift's own folder on this machine: $CEILIFT_STATE, else the user's state folder."""
    given = os.environ.get("CEILIFT_STATE")
    folder = Path(given) if given else platformdirs.user_state_path("ceilift")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def ensure_server() -> str:
    """The API's URL: PREFECT_API_URL where set, else the private server's, started if needed.

    Sets PREFECT_API_URL and the quiet settings in this process, so Prefect must be imported
    afterwards. Raises CeiliftError with the log's place when the server does not come up.
    """
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    given = os.environ.get("PREFECT_API_URL")
    if given:
        return given
    os.environ["PREFECT_HOME"] = str(state_folder() / "prefect")
    server = running_server() or _slow_server() or start_server()
    refuse_without_login(server.api_url)
    os.environ["PREFECT_API_URL"] = server.api_url
    return server.api_url


def refuse_without_login(api_url: str) -> None:
    """Raises CeiliftError when the server asks for a password that the environment has not.

    Also when it does not answer.
    """
    given = os.environ.get(LOGIN, "")
    name, _, password = given.partition(":")
    login = (name, password) if given else None
    try:
        answer = requests.get(f"{api_url}/admin/version", auth=login, timeout=ANSWER_WITHIN_S)
    except requests.RequestException as error:
        raise CeiliftError(
            f"the private Prefect server at {api_url} does not answer ({type(error).__name__}); "
            f"its log is {_log()}",
            next_command="ceilift serve --stop, then what was typed",
        ) from None
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        what = "holds another" if given else "is not set"
        raise CeiliftError(
            f"the private Prefect server asks for a password, and {LOGIN} {what}: give it "
            "the value of PREFECT_SERVER_API_AUTH_STRING with which the server was started"
        )


def running_server() -> Server | None:
    """The private server, when it was started before and answers now."""
    server = _recorded()
    return server if server is not None and _answers(server.api_url) else None


def _slow_server() -> Server | None:
    """The private server whose process lives, and which answers before the deadline after all.

    On a busy machine two seconds may be too few for it. Another one beside it would share its
    database, and be told of as if there were no first one.
    """
    server = _recorded()
    if server is None or not _lives(server.pid):
        return None
    return server if _comes_up(server.api_url, lambda: not _lives(server.pid)) else None


def _recorded() -> Server | None:
    """The private server that was started last, whether it runs or not."""
    try:
        return Server(**json.loads(_record().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _lives(pid: int) -> bool:
    """Whether that process is a Prefect server; another may have its number by now."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"prefect" in words and b"server" in words


def is_gone(api_url: str) -> bool:
    """Whether nobody listens at that API's address; False where that cannot be told at once."""
    parts = urlsplit(api_url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    try:
        with socket.create_connection((parts.hostname or LOOPBACK, port), timeout=1):
            return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def start_server() -> Server:
    """Start the private server and wait until it answers; it outlives this process."""
    folder = state_folder() / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    log = _log()
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "prefect",
                "server",
                "start",
                "--host",
                LOOPBACK,
                "--port",
                str(port),
            ],
            env=_environment(folder, port),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    server = Server(process.pid, port)
    _record().write_text(json.dumps(asdict(server)), encoding="utf-8")
    if not _comes_up(server.api_url, lambda: process.poll() is not None):
        raise _not_up(process, log)
    return server


def _not_up(process: subprocess.Popen[bytes], log: Path) -> CeiliftError:
    """Ended, if it had not ended by itself; and in words what may be wrong."""
    ended = process.poll()
    process.terminate()
    how = f"did not answer in {START_DEADLINE_S} s" if ended is None else f"ended with {ended}"
    return CeiliftError(
        f"the private Prefect server {how}; its log is {log}. Should prefect.db beside it be "
        "broken, move that away: what an upgrade needs is in the ledger",
        next_command="ceilift status",
    )


def stop_server() -> bool:
    """End the private server; False when none was running."""
    server = running_server()
    if server is None:
        return False
    os.killpg(server.pid, signal.SIGTERM)
    _record().unlink(missing_ok=True)
    return True


def _environment(folder: Path, port: int) -> Mapping[str, str]:
    return {
        **os.environ,
        **QUIET,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
    }


def _log() -> Path:
    return state_folder() / "prefect" / "server.log"


def _record() -> Path:
    return state_folder() / "server.json"


def _free_port() -> int:
    """The port used last time when it is free, so that addresses in old reports stay true."""
    try:
        last = int(json.loads(_record().read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError):
        last = 0
    for port in (last, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    msg = "no free port on loopback for the private Prefect server"
    raise CeiliftError(msg)


def _answers(api_url: str) -> bool:
    try:
        return requests.get(f"{api_url}/health", timeout=HEALTH_WITHIN_S).ok
    except requests.RequestException:
        return False


@retry(
    retry=retry_if_result(lambda up: not up),
    stop=stop_after_delay(START_DEADLINE_S),
    wait=wait_fixed(0.3),
    retry_error_callback=lambda _: False,
)
def _ends_waiting(api_url: str, ended: Callable[[], bool]) -> bool:
    return ended() or _answers(api_url)


def _comes_up(api_url: str, ended: Callable[[], bool]) -> bool:
    """Whether it answers before the deadline; one that has ended is not waited for."""
    return _ends_waiting(api_url, ended) and not ended()
