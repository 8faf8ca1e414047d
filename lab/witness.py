"""What notification agents published to files, in a cloud without a database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.clouds import Role
from lab.settings import Lab


@dataclass(frozen=True, slots=True)
class Published:
    """One published sample."""

    meter: str
    resource: str
    timestamp: float
    message_id: str


def witnessed(lab: Lab) -> list[Published]:
    """Everything in the files of all notification agents, lines still being written left out."""
    hosts = [host for host in lab.hosts if Role.NOTIFICATION in host.roles]
    return [one for host in hosts for one in published_in(lab.witness(host))]


def published_in(file: Path) -> Iterator[Published]:
    """Everything in one such file, a line still being written left out."""
    if not file.is_file():
        return
    for line in file.read_bytes().split(b"\n")[:-1]:
        found: dict[str, Any] = ast.literal_eval(line.decode())
        moment = datetime.fromisoformat(found["timestamp"])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        yield Published(found["name"], found["resource_id"], moment.timestamp(), found["id"])
