"""The process managers of the hosts, and the web server of the API."""

from __future__ import annotations

from ceilift.inventory import Inventory
from ceilift.services.protocol import ServiceManager
from ceilift.services.supervisor import Supervisor
from ceilift.services.systemd import Systemd

__all__ = ["ServiceManager", "service_manager"]


def service_manager(inventory: Inventory) -> ServiceManager:
    """The process manager that the inventory names under `services.backend`."""
    match inventory.services.backend:
        case "supervisor":
            return Supervisor(inventory)
        case "systemd":
            return Systemd(inventory)
