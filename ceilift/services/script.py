"""Scripts for hosts: put together from the files beside, run as one act, answered in words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from ceilift.clock import now
from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import Host
from ceilift.remote.act import Actor
from ceilift.remote.shell import Result, Shell
from ceilift.scrub import scrubbed

MARGIN_S = 30.0  # what a script may take beside the waiting it was told to do
LOADING_S = 10.0  # until an agent has its workers; without one then, it has none at all
EVIDENCE_LINES = 25
OUTCOME = "outcome "
RELEASE = "[0-9][0-9A-Za-z.+_-]*"
_ANY = "\0"


@dataclass(frozen=True, slots=True)
class Script:
    """One script of this package: the files it is made of, and what it does ("stop").

    `more` comes behind them: a text that must not be an argument.
    """

    verb: str
    files: tuple[str, ...]
    more: str = field(default="", repr=False)

    def text(self) -> str:
        """The whole script, POSIX sh; its arguments are told in the last file's first line."""
        return "".join(_read(name) for name in self.files) + self.more


@cache
def _read(name: str) -> str:
    return (resources.files("ceilift.services") / "scripts" / name).read_text(encoding="utf-8")


def release_pattern(inventory: Inventory, host: Host) -> str:
    """The POSIX extended regular expression of any release's folder on that host.

    A release begins with a digit: `/opt/ceilometer/etc` is none.
    """
    template = inventory.path(inventory.install.path, host, release=_ANY)
    return RELEASE.join(_literal(part) for part in template.split(_ANY))


def _literal(text: str) -> str:
    return re.sub(
        r"[^A-Za-z0-9_/ -]", lambda found: "[\\^]" if found[0] == "^" else f"[{found[0]}]", text
    )


def carry_out(
    actor: Actor, shell: Shell, node: str, script: Script, subject: str, *args: str, wait_s: float
) -> str:
    """Run the script as one act and give its outcome in words.

    `subject` is the unit or file it is about, `wait_s` how long the script itself may wait. Raises
    StepFailedError with what the script said and the last lines of what it showed, scrubbed.
    """
    summary = f"{script.verb} {subject}"
    result = actor.act(shell, node, summary, script.text(), *args, timeout_s=wait_s + MARGIN_S)
    if actor.dry:
        return f"would {summary}"
    if not result.ok:
        raise _failure(shell.host, node, summary, result)
    return outcome(result.stdout) or "done"


def wait_s(at: float) -> float:
    """How long a script may wait for that moment (epoch seconds); a host's clock may lag ours."""
    return max(at - now(), 0.0)


def outcome(stdout: str) -> str:
    """The words of the last line that begins with `outcome`; empty when there is none."""
    found = [line for line in stdout.splitlines() if line.startswith(OUTCOME)]
    return found[-1].removeprefix(OUTCOME).strip() if found else ""


def _failure(host: str, node: str, summary: str, result: Result) -> StepFailedError:
    reason = result.stderr.strip() or f"the script ended with {result.code} and said nothing"
    shown = result.stdout.strip().splitlines()[-EVIDENCE_LINES:]
    log = "\n".join(("", "its log ends:", *(f"  {line}" for line in shown))) if shown else ""
    return StepFailedError(
        scrubbed(f"{host}: could not {summary}: {reason}{log}"),
        host=host,
        step=node,
        next_command="mend the cause, then: ceilift resume",
    )
