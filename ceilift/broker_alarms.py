"""Alarms of the message bus: while one is in force, the broker takes nothing from publishers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["memory", "disk"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm in force: of memory or of the disk, and the broker's name of the node it is on."""

    kind: Kind
    node: str


@dataclass(frozen=True, slots=True)
class Alarms:
    """The alarms in force on any node. `unread` says why they are not known ("": they are).

    Where nobody looked there are none, and nothing is said.
    """

    raised: tuple[Alarm, ...] = ()
    unread: str = ""
