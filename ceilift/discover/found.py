"""What was found on a host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ceilift.component import Component
from ceilift.config_files import Options
from ceilift.inventory_hosts import Host


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent's unit: `folder` holds its release (empty: cannot be told), `release` is it."""

    component: Component
    unit: str
    namespaces: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    folder: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One host: its agents, whether an API is served, and its ceilometer.conf.

    `options` may hold credentials, and is never shown. `problem` says why nothing was seen.
    """

    host: Host
    backend: Literal["systemd", "supervisor"] = "systemd"
    agents: tuple[Agent, ...] = ()
    api: bool = False
    main: str = ""
    options: Options | None = field(default=None, repr=False)
    problem: str = ""
