"""What every form asks: which cloud; and of every run that acts: approval, exceptions, window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ceilift.approval_gates import AskAt
from ceilift.cloud import Cloud
from ceilift.plan import Accepted, Request
from ceilift.release import Catalogue
from flows.form_parts import WithReason, one_of
from flows.inventories import inventory_file, known_inventories


class CloudForm(BaseModel):
    """Which cloud."""

    model_config = ConfigDict(extra="forbid")

    inventory: str = Field(
        title="Cloud",
        description="The cloud's inventory, by the name it was added under. (Where none was added: "
        "its file, as the worker sees it.)",
        json_schema_extra=one_of(known_inventories),
    )

    @property
    def file(self) -> Path:
        """The inventory's file. Raises BadInputError when the name is not known."""
        return inventory_file(self.inventory)


class ActForm(CloudForm):
    """What every run asks that acts."""

    dry_run: bool = Field(
        default=True,
        title="Dry run",
        description="Show what would be done; not one command that changes anything is sent.",
    )
    approve: str = Field(
        default="",
        title="Approved plan hash",
        description="Hash of the plan you read. Empty: the run shows its plan and waits for your "
        "answer.",
    )
    approver: str = Field(
        default="", title="Approved by", description="Your name, recorded as stated."
    )
    answer_within_h: int = Field(
        default=24,
        ge=1,
        le=24 * 14,
        title="Answer within",
        description="Hours that the run waits for an approval; then it fails, nothing changed.",
    )
    gates: list[AskAt] = Field(
        default_factory=list,
        title="Ask again",
        description="Where the run stops and asks before it goes on, after the question at its "
        "start.",
    )
    approval_days: int = Field(
        default=14,
        ge=1,
        le=90,
        title="Approval good for",
        description="Days in which the upgrade may go on without asking again.",
    )
    accept: list[WithReason] = Field(
        default_factory=list,
        title="Accepted findings",
        description="Blockers that may be accepted, each with a reason.",
    )
    without: list[WithReason] = Field(
        default_factory=list,
        title="Hosts set aside",
        description="Hosts left out; they stay open until seen at the new release.",
    )
    start_old: Literal["", "collector", "notification", "polling"] = Field(
        default="",
        title="Start the old release again",
        description="Only after a failed gate: the stage whose old release is to run again.",
    )
    probe: bool = Field(
        default=False,
        title="Probe notification",
        description="Let gates send one marked notification on a quiet cloud.",
    )
    window: str = Field(
        default="",
        title="Window",
        description="A window of the inventory. Empty: any of them. any-time: none is kept to.",
    )
    wait: bool = Field(
        default=False,
        title="Wait for the window",
        description="Outside the window wait until it opens. Off: the run is refused then.",
    )
    comment: str = Field(default="", title="Comment", description="Kept with the run.")

    @property
    def goal(self) -> str:
        """Where the run leads, in words."""
        raise NotImplementedError

    def refuse_faults(self, catalogue: Catalogue) -> None:
        """Raise BadInputError for what can be told to be wrong before the cloud is looked at."""

    def wish(self, cloud: Cloud) -> Request:
        """What the planner is asked for. Raises RefusedError where the ledger says no."""
        raise NotImplementedError

    def exceptions(self, request: Request) -> Request:
        """The request with what was accepted and set aside, and what only a stage asks for."""
        return replace(
            request,
            accept=tuple(Accepted(item.name, item.reason) for item in self.accept),
            without=tuple(Accepted(item.name, item.reason) for item in self.without),
            probe=self.probe,
            start_old=self.start_old or None,
        )
