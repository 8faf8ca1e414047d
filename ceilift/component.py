"""The five parts of Ceilometer that an upgrade moves, in the advised order."""

from __future__ import annotations

from enum import StrEnum


class Component(StrEnum):
    """One kind of Ceilometer service (the database is the one that is migrated, not moved)."""

    DATABASE = "database"
    COLLECTOR = "collector"
    NOTIFICATION = "notification"
    POLLING = "polling"
    API = "api"


AGENTS = (Component.COLLECTOR, Component.NOTIFICATION, Component.POLLING)
SERVICES = (*AGENTS, Component.API)
