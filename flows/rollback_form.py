"""What an operator fills in to go back: little, as the ledger knows the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from ceilift.cloud import Cloud
from ceilift.plan import Request
from ceilift.schedule import ANY_TIME
from ceilift.way_back import rollback_request
from flows.act_form import ActForm
from flows.request import parsed
from flows.server import state_folder

FORMER = "former"  # in the state folder: what hosts' files held before the upgrades


class RollbackForm(ActForm):
    """The way back of the last upgrade; what it leads to, and by which path, the ledger knows."""

    window: str = Field(
        default=ANY_TIME,
        title="Window",
        description="A window of the inventory. Empty: any of them. any-time: none is kept to.",
    )
    first: str = Field(
        default="",
        title="First polling host",
        description="Full path. Empty: a host that polls the central namespace.",
    )
    stop_all: list[Literal["collector", "notification", "polling"]] = Field(
        default_factory=list,
        title="Stop all of",
        description="Partial path: components that are stopped everywhere first, beside those that "
        "the upgrade stopped so.",
    )

    restore_database: bool = Field(
        default=False,
        title="Restore the database",
        description="The database goes back, too, to the dump that the upgrade made. What was "
        "stored since is lost: the plan counts it. Off: the database stays.",
    )

    @property
    def goal(self) -> str:
        """What ran before."""
        return "what ran before"

    def wish(self, cloud: Cloud) -> Request:
        """What ran before the last upgrade, as far as hosts take part."""
        folder = state_folder() / FORMER
        base = rollback_request(cloud, folder, restore_database=self.restore_database)
        base = self.exceptions(base)
        stopped = tuple(dict.fromkeys((*base.stop_all, *self.stop_all)))
        return replace(base, first=self.first or base.first, stop_all=stopped)


def parse_rollback(data: Mapping[str, Any]) -> RollbackForm:
    """The form of a command line. Raises BadInputError naming every field that is wrong."""
    return parsed(RollbackForm, data, "rollback")
