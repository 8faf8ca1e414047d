"""Parts of forms: dropdowns, names with reasons, how a component is rolled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ceilift.component import Component
from ceilift.policy import Policy


def one_of(known: Callable[[], Iterable[str]]) -> Callable[[dict[str, Any]], None]:
    """A dropdown of what is known when the deployment is made; free text while nothing is.

    It is only the form's: a run may name what came later, and the flow checks it anyway.
    """

    def extend(schema: dict[str, Any]) -> None:
        if names := list(known()):
            schema["enum"] = names

    return extend


class WithReason(BaseModel):
    """The name of a finding or a host, and why."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(title="Name", description="The finding's id, or the host's name.")
    reason: str = Field(
        title="Reason", min_length=1, description="Recorded, and shown in the report."
    )


class PolicyForm(BaseModel):
    """How one component is rolled."""

    model_config = ConfigDict(extra="forbid")

    component: Literal["collector", "notification", "polling"] = Field(
        title="Component", description="Whose agents."
    )
    mode: Literal["", "surge", "replace"] = Field(
        default="",
        title="Mode",
        description="surge: the new one beside the old on its host. replace: host by host in "
        "place. Empty: replace where there are several, else surge.",
    )
    batch: str = Field(
        default="1", title="Batch", description="Hosts acted on together: a number or a share: 25%."
    )
    max_unavailable: str = Field(
        default="",
        title="Most unavailable",
        description="How many agents may be away at once: a number or a share. Empty: one batch.",
    )
    canary: bool = Field(
        default=True, title="Canary first", description="The first batch is one host."
    )
    failures: str = Field(
        default="0",
        title="Failure budget",
        description="On how many hosts it may fail before nothing more begins: a number or a "
        "share.",
    )

    def policy(self) -> Policy:
        """The same as the planner takes it."""
        return Policy(
            Component(self.component),
            self.mode,
            self.batch,
            self.max_unavailable,
            self.canary,
            self.failures,
        )
