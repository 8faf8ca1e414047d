"""Starts a flow from the terminal: Prefect is imported here, its chatter kept off the screen."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from ceilift.clock import now
from ceilift.errors import (
    DONE,
    FAILED,
    BadInputError,
    InterruptedRunError,
    OutsideWindowError,
    PausedError,
    RefusedError,
    WindowClosedError,
)
from flows.cli.output import Format, print_json, say, stdout

if TYPE_CHECKING:
    from collections.abc import Callable

    from prefect.client.schemas.objects import State

    from ceilift.report import Report
    from flows.act_form import ActForm

ENDS = (
    BadInputError,
    RefusedError,
    OutsideWindowError,
    PausedError,
    WindowClosedError,
    InterruptedRunError,
)
EXIT_CODES = {"Completed": DONE, **{end.state_name: end.exit_code for end in ENDS}}


@dataclass(frozen=True, slots=True)
class Terminal:
    """When the command was typed (epoch seconds), and how it speaks."""

    begun: float
    quiet: bool
    format: Format


def run_upgrade(kind: str, form: dict[str, Any], terminal: Terminal) -> None:
    """Run the flow of that kind here, show its report, and exit with its code.

    `kind` is a path, or `rollback`.
    """
    from flows.server import ensure_server

    asked = _form(kind, form)
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    starting = now()
    url = ensure_server()

    from flows.cli.interrupts import interruptible
    from flows.cli.progress import terminal_progress
    from tasks.progress import PROGRESS
    from tasks.reporting import REPORT
    from tasks.session import BEGUN, Begun

    ready = now()
    say(f"Prefect at {url.removesuffix('/api')} (ready after {ready - starting:.1f} s)")
    with terminal_progress(quiet=terminal.quiet) as progress, interruptible():
        PROGRESS.set(progress)
        BEGUN.set(Begun(at=terminal.begun, prefect_s=ready - starting, typed=True))
        ended = _carried_out(kind, asked)
    _tell(ended, url, REPORT.get(), terminal)


def _carried_out(kind: str, asked: ActForm) -> State[Any]:
    """How the flow ended, also where the server is gone that Prefect wants to tell it to."""
    from flows.conduct import ENDED

    try:
        return _flow(kind)(asked, return_state=True)
    except Exception as problem:
        ended = ENDED.get()
        if ended is None:
            raise
        say(f"Prefect's server could not be told how the run ended: {problem}")
        return ended


def _form(kind: str, form: dict[str, Any]) -> ActForm:
    if kind == "rollback":
        from flows.rollback_form import parse_rollback

        return parse_rollback(form)
    from flows.request import parse_full, parse_partial

    return parse_partial(form) if kind == "partial" else parse_full(form)


def _flow(kind: str) -> Callable[..., State[Any]]:
    if kind == "rollback":
        from flows.rollback import rollback

        return rollback
    if kind == "partial":
        from flows.partial_upgrade import partial_upgrade

        return partial_upgrade
    from flows.full_upgrade import full_upgrade

    return full_upgrade


def _tell(ended: State[Any], url: str, report: Report | None, terminal: Terminal) -> None:
    """Say how it ended, and exit with its code."""
    if report is not None:
        _show(report, terminal)
    if run := ended.state_details.flow_run_id:
        say(f"Run: {url.removesuffix('/api')}/runs/flow-run/{run}")
    if not ended.is_completed():
        say(f"{ended.name}: {ended.message}")
    elif report is None:
        say(str(ended.message))
    if report is None and terminal.format is Format.JSON:
        print_json({"outcome": ended.name, "message": ended.message})
    raise typer.Exit(EXIT_CODES.get(ended.name or "", FAILED))


def _show(report: Report, terminal: Terminal) -> None:
    from ceilift.report import report_to_json, report_to_markdown

    if terminal.format is Format.JSON:
        print_json(report_to_json(report))
    else:
        stdout().print(report_to_markdown(report), markup=False)
    save_picture(report)


def save_picture(report: Report) -> None:
    """Write the report's picture into the state folder and say where; nothing without one.

    The run is over: a folder that cannot be written is told, and is no failure.
    """
    from flows.server import state_folder

    if not report.picture:
        return
    name = f"{report.cloud}-{report.plan_hash}.svg"
    try:
        folder = state_folder() / "reports"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(report.picture, encoding="utf-8")
    except OSError as error:
        say(f"the picture {name} could not be written: {error}")
    else:
        say(f"Picture: {folder / name}")
