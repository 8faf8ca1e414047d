"""Command lines that ask for exactly a request: what an operator types next."""

from __future__ import annotations

import shlex
from pathlib import Path

from ceilift.plan import Plan, Request
from ceilift.policy import policy_to_text


def closing_line(made: Plan, inventory: Path) -> str:
    """What to do with this plan: the exact upgrade command, or why there is none."""
    if made.blockers:
        return f"Refused: {len(made.blockers)} blocker(s), nothing can be approved until they go."
    if not made.steps and not made.gates:
        return f"Nothing to do: everything runs {made.to}."
    return f"To carry it out:\n  {upgrade_command(made.request, inventory)} --approve {made.hash}"


def upgrade_command(request: Request, inventory: Path) -> str:
    """The line that asks for exactly this request, without its approval."""
    if request.rollback:
        return _rollback_command(request, inventory)
    words = [
        "ceilift",
        "upgrade",
        "--inventory",
        str(inventory),
        "--to",
        request.to,
        "--path",
        request.path,
    ]
    if request.api_after != "polling":
        words += ["--api-after", request.api_after]
    words += _exceptions(request)
    for option, names in (
        ("--order", request.order),
        ("--only", request.only),
        ("--stop-all", request.stop_all),
    ):
        words += [option, ",".join(names)] if names else []
    for policy in request.policies:
        words += ["--policy", policy_to_text(policy)]
    for file in request.files:
        words += [file.kind.option, file.path]
    return shlex.join(words + (["--probe"] if request.probe else []))


def _rollback_command(request: Request, inventory: Path) -> str:
    words = ["ceilift", "rollback", "--inventory", str(inventory), *_exceptions(request)]
    words += ["--stop-all", ",".join(request.stop_all)] if request.stop_all else []
    words += ["--restore-database"] if request.restore_database else []
    return shlex.join(words + (["--probe"] if request.probe else []))


def _exceptions(request: Request) -> list[str]:
    words = ["--first", request.first] if request.first else []
    for accepted in request.accept:
        words += ["--accept", accepted.id, "--reason", accepted.reason]
    for aside in request.without:
        words += ["--without", aside.id, "--reason", aside.reason]
    return words


def resume_command(request: Request, inventory: Path) -> str:
    """The `ceilift resume` line that asks for this request in the open upgrade."""
    words = ["ceilift", "resume", "--inventory", str(inventory)]
    if request.first:
        words += ["--first", request.first]
    if request.start_old:
        words += ["--start-old", request.start_old]
    return shlex.join(words)
