"""What an operator fills in: one model per flow, rendered as a form by both Prefect UIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from ceilift.approval_gates import AskAt
from ceilift.errors import BadInputError, Fault
from ceilift.new_files import name_files
from ceilift.plan import Accepted, Request
from ceilift.plan_files import FileKind
from ceilift.release import load_catalogue
from flows.form_parts import PolicyForm, WithReason, one_of
from flows.inventories import inventory_file, known_inventories

Stage = Literal["database", "collector", "notification", "polling"]
Rollable = Literal["database", "collector", "notification", "polling", "api"]
F = TypeVar("F", bound=BaseModel)


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


class PreflightForm(CloudForm):
    """Which cloud, and which release it should run."""

    to: str = Field(
        title="Target release",
        description="What is to run at the end.",
        json_schema_extra=one_of(lambda: load_catalogue().releases),
    )

    def request(self) -> Request:
        """The same wish as the planner takes it."""
        return Request(to=self.to)


class VerifyForm(CloudForm):
    """Which cloud, and how far back."""

    intervals: int = Field(
        default=6, ge=4, title="Intervals", description="How many polling intervals to look back."
    )


class StageForm(PreflightForm):
    """Which cloud, which release, and on which hosts."""

    hosts: list[str] = Field(
        default_factory=list, title="Hosts", description="Only on these. Empty: on all."
    )
    dry_run: bool = Field(
        default=True, title="Dry run", description="Only verify what is there; install nothing."
    )


class UpgradeForm(CloudForm):
    """What both paths ask."""

    to: str = Field(
        title="Target release",
        description="What is to run at the end.",
        json_schema_extra=one_of(lambda: load_catalogue().releases),
    )
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
    new_polling: str = Field(
        default="",
        title="New polling.yaml",
        description="A file on the worker that the hosts get with the release. Empty: they keep "
        "theirs.",
    )
    new_pipeline: str = Field(
        default="", title="New pipeline.yaml", description="The same for pipeline.yaml."
    )
    new_event_pipeline: str = Field(
        default="", title="New event_pipeline.yaml", description="The same for event_pipeline.yaml."
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

    def request(self) -> Request:
        """The same wish as the planner takes it. Raises BadInputError for faulty new files."""
        files = {
            FileKind.POLLING: self.new_polling,
            FileKind.PIPELINE: self.new_pipeline,
            FileKind.EVENT_PIPELINE: self.new_event_pipeline,
        }
        return Request(
            to=self.to,
            files=name_files(files),
            accept=tuple(Accepted(item.name, item.reason) for item in self.accept),
            without=tuple(Accepted(item.name, item.reason) for item in self.without),
            probe=self.probe,
            start_old=self.start_old or None,
        )


class FullUpgradeForm(UpgradeForm):
    """A full upgrade: everything of one kind is stopped before anything new of it starts."""

    api_after: Stage = Field(
        default="polling",
        title="Switch the API after",
        description="The API may be switched at any point after the database.",
    )
    first: str = Field(
        default="",
        title="First polling host",
        description="Empty: a host that polls the central namespace.",
    )

    def request(self) -> Request:
        """The same wish as the planner takes it."""
        asked = super().request()
        return replace(asked, path="full", api_after=self.api_after, first=self.first or None)


class PartialUpgradeForm(UpgradeForm):
    """A rolling upgrade: new instances run beside old ones, which are then retired."""

    order: list[Rollable] = Field(
        default_factory=list,
        title="Order",
        description="Components in this order, after the database; those not named come behind.",
    )
    only: list[Rollable] = Field(
        default_factory=list, title="Only", description="Only these components. Empty: all."
    )
    stop_all: list[Literal["collector", "notification", "polling"]] = Field(
        default_factory=list,
        title="Stop all of",
        description="Components that are stopped everywhere first: where releases cannot mix.",
    )
    policies: list[PolicyForm] = Field(
        default_factory=list, title="Policies", description="How components are rolled."
    )

    def request(self) -> Request:
        """The same wish as the planner takes it."""
        return replace(
            super().request(),
            path="partial",
            order=tuple(self.order),
            only=tuple(self.only),
            stop_all=tuple(self.stop_all),
            policies=tuple(item.policy() for item in self.policies),
        )


def parse_full(data: Mapping[str, Any]) -> FullUpgradeForm:
    """The form of a command line. Raises BadInputError naming every field that is wrong."""
    return _parsed(FullUpgradeForm, data)


def parse_partial(data: Mapping[str, Any]) -> PartialUpgradeForm:
    """The form of a command line. Raises BadInputError naming every field that is wrong."""
    return _parsed(PartialUpgradeForm, data)


def _parsed(form: type[F], data: Mapping[str, Any]) -> F:
    try:
        return form.model_validate(data)
    except ValidationError as error:
        raise BadInputError(_fault(item) for item in error.errors()) from None


def _fault(item: ErrorDetails) -> Fault:
    option = "--" + str(item["loc"][0]).replace("_", "-")
    return Fault("command line", option, str(item["msg"]), "See ceilift upgrade --help")
