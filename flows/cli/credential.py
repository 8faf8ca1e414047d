"""`ceilift credential`: put a secret into a Prefect block, without showing it anywhere."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ceilift.errors import BadInputError, Fault
from flows.cli.options import FormatOption
from flows.cli.output import Format, command, print_json, say

NAME = re.compile(r"[a-z0-9-]+")


class Kind(StrEnum):
    """What the secret is for."""

    SSH_KEY = "ssh-key"
    DATABASE = "database"
    BROKER = "broker"
    API = "api"


KindArgument = Annotated[Kind, typer.Argument(help="What the secret is for.")]
NameArgument = Annotated[str, typer.Argument(help="The block's name: the cloud's, for instance.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A file that holds it; else it is asked, or piped in.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(credential)


@command
def credential(
    kind: KindArgument,
    name: NameArgument,
    file: FileOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Keep a secret in a Prefect block, and say how an inventory refers to it."""
    if NAME.fullmatch(name) is None:
        what = "is no name of a block"
        raise BadInputError([Fault("NAME", name, what, "Use small letters, digits and dashes")])
    secret = _read(file)
    from flows import server

    server.ensure_server()
    from flows.blocks import save_credential

    reference = save_credential(kind.value, name, secret)
    if format is Format.JSON:
        print_json({"block": reference})
    else:
        say(f"kept; an inventory refers to it as {{block: {reference}}}")


def _read(file: Path | None) -> str:
    """The secret: a file's text, what is piped in, or what is typed unseen; one newline less."""
    try:
        if file is not None:
            text = file.read_text(encoding="utf-8")
        elif sys.stdin.isatty():
            text = typer.prompt("Secret", hide_input=True, confirmation_prompt=True, err=True)
        else:
            text = sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            [Fault("--file", str(file), f"cannot be read ({error})", "Give a text file")]
        ) from None
    if not text.strip():
        raise BadInputError(
            [Fault("secret", "", "is empty", "Type it, pipe it in, or give --file")]
        )
    return text if "\n" in text.strip() else text.strip()
