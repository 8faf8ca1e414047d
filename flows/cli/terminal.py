"""Starts a flow from the terminal: Prefect is imported here, its chatter kept off the screen."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

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
QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",  # every event that a server that is gone misses
    "PREFECT_CLIENT_MAX_RETRIES": "3",  # 14 s a question: the server is on this machine, or gone
}
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
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
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
        ended, told = _carried_out(kind, asked)
    try:
        _tell(ended, url, REPORT.get(), terminal)
    except typer.Exit as leaving:
        if told:
            raise
        _leave(leaving.exit_code)


def _carried_out(kind: str, asked: ActForm) -> tuple[State[Any], bool]:
    """How the flow ended, and whether Prefect could tell it to its server, which may be gone."""
    from flows.conduct import ENDED

    try:
        return _flow(kind)(asked, return_state=True), True
    except Exception as problem:
        ended = ENDED.get()
        if ended is None:
            raise
        say(f"Prefect's server could not be told how the run ended: {problem}")
        return ended, False


def _leave(code: int) -> NoReturn:
    """End at once: at its exit Prefect tries for minutes to tell a server that is gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


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
