"""A stand-in for every program of a Ceilometer release; what it is, it reads from its own name.

As an agent it has a master and a worker. A polling agent polls its resources and says so in its
log, a notification agent publishes samples to a file and to collectors, a collector stores them.
`ceilometer-upgrade` migrates: it writes the schema's release into a file. Starts, ends and
migrations are written into the log of what was done, one line each.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

PROGRAM = Path(sys.argv[0]).name
VENV = Path(sys.argv[0]).resolve().parents[1]
RELEASE = VENV.name.removeprefix("ceilometer-")
ROOT = Path((VENV / "records").read_text(encoding="utf-8"))
HOST = os.environ.get("CEILIFT_LAB_HOST") or socket.gethostname()
MIGRATES_S = 0.5
HANDLES_S = 0.05  # a message: of what waited while all were stopped, somebody sees some


def main() -> None:
    """Be the program of that name."""
    if PROGRAM == "ceilometer-upgrade":
        _migrate()
        return
    signal.signal(signal.SIGTERM, _ended)
    loaded = _loaded()
    _done(f"started {PROGRAM} {RELEASE}")
    while _worker_was_replaced():
        _done(f"reloaded {PROGRAM} {RELEASE}")
    del loaded
    sys.exit("its worker has ended")


def _worker_was_replaced() -> bool:
    """Have a worker until it ends: by SIGHUP to its master, which then starts another one."""
    told: list[int] = []
    worker = os.fork()
    if not worker:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        _work()

    def replaced(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        os.kill(worker, signal.SIGTERM)

    signal.signal(signal.SIGHUP, replaced)
    os.waitpid(worker, 0)
    return bool(told)


def _migrate() -> None:
    _done(f"dbsync {RELEASE}")
    time.sleep(MIGRATES_S)
    (ROOT / "schema").write_text(RELEASE, encoding="utf-8")
    _done(f"dbsync-ended {RELEASE}")


def _loaded() -> mmap.mmap:
    """Map something of the release: by that a look tells what a process runs."""
    file = VENV / "lib/python3.11/site-packages/ceilometer/loaded"
    with file.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ)


def _done(words: str) -> None:
    """One line of the log; written in one piece, as the product's own stand-ins for tools do."""
    line = f"{time.time():.3f}\t{HOST}\t{words}\n".encode()
    descriptor = os.open(ROOT / "done.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, line)
    os.close(descriptor)


def _ended(_number: int, _frame: FrameType | None) -> None:
    """As told by SIGTERM: the worker goes with its master."""
    _done(f"ended {PROGRAM} {RELEASE}")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(os.getpgrp(), signal.SIGTERM)
    os._exit(0)


def _work() -> None:
    work: dict[str, tuple[str, Callable[[socket.socket], None]]] = {
        "ceilometer-polling": ("", _poll),
        "ceilometer-agent-notification": ("notifications.sample", _publish),
        "ceilometer-collector": ("metering.sample", _store),
    }
    queue, run = work[PROGRAM]
    address = re.search(r"@([\d.]+):(\d+)", _config())
    if address is None:
        sys.exit("no transport_url")
    with socket.create_connection((address[1], int(address[2]))) as connection:
        name = f"{PROGRAM}:{os.getpid()}:{uuid.uuid4()}"
        _send(connection, {"name": name, "consumes": queue})
        run(connection)


def _poll(broker: socket.socket) -> None:
    text = Path(_option("cfg_file")).read_text(encoding="utf-8")
    interval = float(re.search(r"interval: ([\d.]+)", text)[1])  # type: ignore[index] # it has one
    resources, meters = re.findall(r"snmp://([\d.]+)", text), re.findall(r'"(hardware[^"]*)"', text)
    while True:
        for meter in meters:
            _log(f"Polling pollster {meter} in the context of snmp")
            for resource in resources:
                sample = {"id": str(uuid.uuid4()), "name": meter, "resource_id": resource}
                sample["timestamp"] = datetime.now(UTC).replace(tzinfo=None).isoformat()
                body = json.dumps(sample)
                _send(broker, {"publish": "notifications.sample", "body": body})
        time.sleep(interval - time.time() % interval)


def _publish(broker: socket.socket) -> None:
    file = Path(re.search(r"file://(\S+)", _text("pipeline_cfg_file"))[1])  # type: ignore[index]
    with file.open("a", encoding="utf-8") as published:
        for line in broker.makefile("rb"):
            body = json.loads(line)["body"]
            published.write(body + "\n")
            published.flush()
            _send(broker, {"publish": "metering.sample", "body": body})
            _send(broker, {"ack": ""})


def _store(broker: socket.socket) -> None:
    with (ROOT / "stored").open("a", encoding="utf-8") as stored:
        for line in broker.makefile("rb"):
            time.sleep(HANDLES_S)
            stored.write(json.loads(line)["body"] + "\n")
            stored.flush()
            _send(broker, {"ack": ""})


def _send(broker: socket.socket, said: dict[str, str]) -> None:
    broker.sendall((json.dumps(said) + "\n").encode())


def _log(words: str) -> None:
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    line = f"{now} {os.getpid()} INFO ceilometer.polling.manager [-] {words}\n"
    with Path(sys.argv[sys.argv.index("--log-file") + 1]).open("a", encoding="utf-8") as log:
        log.write(line)


def _config() -> str:
    files = [sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--config-file"]
    return "\n".join(Path(file).read_text(encoding="utf-8") for file in files)


def _option(name: str) -> str:
    """The last value that its configuration files give it."""
    found: list[str] = re.findall(rf"^{name} = (.*)$", _config(), re.MULTILINE)
    return found[-1]


def _text(option: str) -> str:
    return Path(_option(option)).read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
