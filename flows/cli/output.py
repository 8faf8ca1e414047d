"""How a command speaks: JSON alone on stdout, everything else on stderr, and the exit code."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import IO, Any, ParamSpec

import typer
from rich.console import Console
from rich.text import Text

from ceilift.errors import FAILED, CeiliftError, with_inventory

P = ParamSpec("P")
WIDE = 200
CONTROLS = {  # all of C0 and C1 but tab and line feed
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"
}


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


class Patient(Console):
    """A console that does not end the command when nobody reads it any more: an upgrade goes on."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - rich's own
        """The text as it is, but for what a terminal would obey: hosts are quoted here."""
        return super().render_str(text.translate(CONTROLS), **options)

    def on_broken_pipe(self) -> None:
        """Write into nothing from now on."""
        self.quiet = True
        _into_nothing(self.file)


def _into_nothing(stream: IO[str]) -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def stdout() -> Console:
    """Where results go; wide when it is not a terminal, so that nothing is cut."""
    wide = None if sys.stdout.isatty() else WIDE
    return Patient(
        file=sys.stdout, width=wide, soft_wrap=wide is not None, highlight=False, emoji=False
    )


def stderr() -> Console:
    """Where progress and errors go."""
    return Patient(file=sys.stderr, soft_wrap=True, highlight=False, emoji=False)


def say(message: str) -> None:
    """One line of progress on stderr, plain text as it is."""
    stderr().print(message, markup=False)


def print_json(data: Any) -> None:  # noqa: ANN401 - whatever json can write
    """The result as JSON, alone on stdout."""
    try:
        sys.stdout.write(json.dumps(data, indent=2, sort_keys=True) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _into_nothing(sys.stdout)


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Run a command so that every known end is told in words and becomes its exit code."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except CeiliftError as error:
            tell(error, kwargs.get("inventory"))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            following = _typed("ceilift status", kwargs.get("inventory"))
            say(f"Interrupted: what was running is recorded as unknown. Next: {following}")
            raise typer.Exit(FAILED) from None

    return run


def tell(error: CeiliftError, inventory: object = None) -> None:
    """The error in words, then the next command to type where there is one."""
    say(f"Error: {error}")
    if error.next_command:
        say(f"Next: {_typed(error.next_command, inventory)}")


def _typed(words: str, inventory: object) -> str:
    return words if inventory is None else with_inventory(words, str(inventory))
