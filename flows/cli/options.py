"""The options that several commands share, each described once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ceilift.errors import BadInputError, Fault
from ceilift.plan import Accepted, Request
from ceilift.plan_files import FileKind, NewFile
from ceilift.policy import POLICY_FORM, Policy, policy_from_text
from flows.cli.output import Format

InventoryOption = Annotated[
    Path,
    typer.Option(
        "--inventory", "-i", envvar="CEILIFT_INVENTORY", help="The cloud's inventory file (YAML)."
    ),
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, json alone on stdout.")
]
ToOption = Annotated[str, typer.Option("--to", help="The target release, exactly: 9.0.7.")]
PathOption = Annotated[
    str, typer.Option("--path", help="full (stop all of a kind) or partial (rolling).")
]
FirstOption = Annotated[
    str | None, typer.Option("--first", help="Host of the first polling agent.")
]
ApiAfterOption = Annotated[
    str,
    typer.Option(
        "--api-after",
        help="Stage after which the API is switched: database, collector, notification, polling.",
    ),
]
ProbeOption = Annotated[
    bool,
    typer.Option(
        "--probe",
        help="Let gates send one marked notification; the report names the row it leaves.",
    ),
]
AcceptOption = Annotated[
    list[str] | None,
    typer.Option("--accept", help="Finding to accept; give one --reason for each, in order."),
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without", help="Host to set aside; give one --reason for each, after those of --accept."
    ),
]
OrderOption = Annotated[
    str | None,
    typer.Option("--order", help="Partial path: components in this order, comma-separated."),
]
OnlyOption = Annotated[
    str | None, typer.Option("--only", help="Partial path: these components, comma-separated.")
]
StopAllOption = Annotated[
    str | None,
    typer.Option(
        "--stop-all", help="Partial path: components that are stopped everywhere first, after all."
    ),
]
PolicyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        help="Partial path: COMPONENT=surge|replace[,batch=2|25%][,max-unavailable=1][,canary=no]"
        "[,failures=1].",
    ),
]
NewPollingOption = Annotated[
    str,
    typer.Option("--new-polling", help="polling.yaml that the hosts get with the release."),
]
NewPipelineOption = Annotated[
    str,
    typer.Option("--new-pipeline", help="pipeline.yaml that the hosts get with the release."),
]
NewEventPipelineOption = Annotated[
    str,
    typer.Option(
        "--new-event-pipeline", help="event_pipeline.yaml that the hosts get with the release."
    ),
]
RestoreOption = Annotated[
    bool,
    typer.Option(
        "--restore-database",
        help="Bring the database back to the upgrade's dump: what was stored since is lost.",
    ),
]
ReasonOption = Annotated[
    list[str] | None,
    typer.Option("--reason", help="Why a finding is accepted or a host set aside."),
]


Exceptions = tuple[tuple[Accepted, ...], tuple[Accepted, ...]]


def with_reasons(
    accept: list[str] | None, without: list[str] | None, reasons: list[str] | None
) -> Exceptions:
    """Pair --accept and --without with their --reason texts, in the order they were given.

    Raises BadInputError when the numbers differ or a reason is blank.
    """
    names = [*(accept or []), *(without or [])]
    given = reasons or []
    if len(names) != len(given) or not all(reason.strip() for reason in given):
        what = f"{len(names)} --accept/--without but {len(given)} --reason"
        raise BadInputError(
            [Fault("command line", "--reason", what, "Give one reason that is not blank for each")]
        )
    pairs = [Accepted(name, reason) for name, reason in zip(names, given, strict=True)]
    split = len(accept or [])
    return tuple(pairs[:split]), tuple(pairs[split:])


@dataclass(frozen=True, slots=True)
class Rolling:
    """What only the partial path is told."""

    order: str | None = None
    only: str | None = None
    stop_all: str | None = None
    policy: list[str] | None = None

    def policies(self) -> tuple[Policy, ...]:
        """The policies. Raises BadInputError with every fault."""
        found, faults = [], []
        for text in self.policy or []:
            try:
                found.append(policy_from_text(text))
            except ValueError as error:
                faults.append(Fault("command line", "--policy", str(error), POLICY_FORM))
        if faults:
            raise BadInputError(faults)
        return tuple(found)


def names(text: str | None) -> tuple[str, ...]:
    """The names of a list that is typed with commas."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def given_files(polling: str, pipeline: str, event_pipeline: str) -> tuple[NewFile, ...]:
    """The files for the target release. Raises BadInputError with every fault of them."""
    if not (polling or pipeline or event_pipeline):
        return ()
    from ceilift.new_files import name_files

    kinds = (FileKind.POLLING, FileKind.PIPELINE, FileKind.EVENT_PIPELINE)
    return name_files(dict(zip(kinds, (polling, pipeline, event_pipeline), strict=True)))


def make_request(
    to: str,
    path: str,
    *,
    first: str | None = None,
    api_after: str = "polling",
    probe: bool = False,
    exceptions: Exceptions = ((), ()),
    rolling: Rolling | None = None,
    files: tuple[NewFile, ...] = (),
) -> Request:
    """What the command line asks for; `exceptions` are findings accepted and hosts set aside."""
    accepted, aside = exceptions
    rolling = rolling or Rolling()
    return Request(
        to=to,
        path=path,
        first=first,
        api_after=api_after,
        probe=probe,
        accept=accepted,
        without=aside,
        order=names(rolling.order),
        only=names(rolling.only),
        stop_all=names(rolling.stop_all),
        policies=rolling.policies(),
        files=files,
    )
