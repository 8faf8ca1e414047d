"""What an operator fills in: one model per flow, rendered as a form by both Prefect UIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from ceilift.cloud import Cloud
from ceilift.errors import BadInputError, Fault
from ceilift.new_files import name_files
from ceilift.plan import Request
from ceilift.plan_files import FileKind
from ceilift.release import Catalogue, load_catalogue
from flows.act_form import ActForm, CloudForm
from flows.form_parts import PolicyForm, one_of

Stage = Literal["database", "collector", "notification", "polling"]
Rollable = Literal["database", "collector", "notification", "polling", "api"]
F = TypeVar("F", bound=BaseModel)


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


class UpgradeForm(ActForm, PreflightForm):
    """What both paths ask."""

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

    @property
    def goal(self) -> str:
        """The target release."""
        return self.to

    def refuse_faults(self, catalogue: Catalogue) -> None:
        """Raise BadInputError for an unlisted release and for faulty new files."""
        catalogue.get(self.to)
        self.request()

    def wish(self, cloud: Cloud) -> Request:  # noqa: ARG002 - all of it is in the form
        """What the form asks for."""
        return self.request()

    def request(self) -> Request:
        """The same wish as the planner takes it. Raises BadInputError for faulty new files."""
        files = {
            FileKind.POLLING: self.new_polling,
            FileKind.PIPELINE: self.new_pipeline,
            FileKind.EVENT_PIPELINE: self.new_event_pipeline,
        }
        return self.exceptions(Request(to=self.to, files=name_files(files)))


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
    return parsed(FullUpgradeForm, data)


def parse_partial(data: Mapping[str, Any]) -> PartialUpgradeForm:
    """The form of a command line. Raises BadInputError naming every field that is wrong."""
    return parsed(PartialUpgradeForm, data)


def parsed(form: type[F], data: Mapping[str, Any], command: str = "upgrade") -> F:
    """The form of that command. Raises BadInputError naming every field that is wrong."""
    try:
        return form.model_validate(data)
    except ValidationError as error:
        raise BadInputError(_fault(item, command) for item in error.errors()) from None


def _fault(item: ErrorDetails, command: str) -> Fault:
    option = "--" + str(item["loc"][0]).replace("_", "-")
    return Fault("command line", option, str(item["msg"]), f"See ceilift {command} --help")
