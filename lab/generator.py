"""Publish one real notification after another, and write down each one that is out.

Runs on the Python of a Ceilometer release and imports nothing of the lab:
    python generator.py --config-file generator.conf --log sent.jsonl --rate 20
"""

from __future__ import annotations

import argparse
import json
import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import oslo_messaging
from oslo_config import cfg

Sender = Any


def main() -> None:
    """Send until killed; a restart goes on with the next serial number."""
    options = _options()
    send = _sender(options.config_file)
    serial = next_serial(options.log)
    with options.log.open("a") as log:
        pace(send, log, serial, options.rate)


def pace(send: Sender, log: TextIO, serial: int, rate: float) -> None:
    """Keep the rate; what a slow broker delayed is sent at once afterwards."""
    due = time.monotonic()
    while True:
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        _record(log, serial, send(serial))
        serial += 1
        due += 1 / rate


def next_serial(log: Path) -> int:
    """One more than the last complete line of the log; a torn line is cut off."""
    if not log.exists():
        return 1
    text = log.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        os.truncate(log, len(whole.encode()))
    lines = whole.splitlines()
    return int(json.loads(lines[-1])["serial"]) + 1 if lines else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config-file", required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=20.0)
    return parser.parse_args()


def _sender(config_file: str) -> Sender:
    """A function that returns once the broker has confirmed the message.

    The transport is used directly because oslo.messaging's Notifier logs a
    failed publish and goes on as if it had succeeded.
    """
    conf = cfg.ConfigOpts()
    conf(["--config-file", config_file], project="lab")
    transport = oslo_messaging.get_notification_transport(conf)
    target = oslo_messaging.Target(topic="notifications.info")

    def send(serial: int) -> str:
        message = _notification(serial)
        transport._send_notification(target, {}, message, version=2.0, retry=-1)  # noqa: SLF001
        return str(message["message_id"])

    return send


def _notification(serial: int) -> dict[str, Any]:
    return {
        "message_id": str(uuid.uuid4()),
        "publisher_id": "image.lab",
        "event_type": "image.upload",
        "priority": "INFO",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "payload": {
            "id": resource_id(serial),
            "name": "lab",
            "owner": "lab",
            "status": "active",
            "size": serial,
        },
    }


def resource_id(serial: int) -> str:
    """The resource that carries the serial number into the database."""
    return f"lab-{serial:06d}"


def _record(log: TextIO, serial: int, message_id: str) -> None:
    line = {
        "serial": serial,
        "resource_id": resource_id(serial),
        "message_id": message_id,
        "sent_at": round(time.time(), 6),
    }
    log.write(json.dumps(line) + "\n")
    log.flush()


if __name__ == "__main__":
    main()
