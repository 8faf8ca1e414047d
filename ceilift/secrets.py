"""Where secrets come from, and the wrapper in which they travel without ever being shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from ceilift.errors import BadInputError, Fault
from ceilift.inventory_hosts import SecretRef


class Secret:
    """A secret that no repr, str, log line or traceback shows; `reveal` gives its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself: to be handed to what needs it, and to nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not written anywhere: hand on its reference")


class SecretSource(Protocol):
    """Turns a reference from the inventory into the secret it names."""

    def get(self, ref: SecretRef) -> Secret:
        """The secret. Raises BadInputError that names the reference when it is not there."""
        ...


class EnvFileSecrets:
    """Secrets from environment variables and from the first line of files."""

    def get(self, ref: SecretRef) -> Secret:
        """The secret a reference names. Raises BadInputError; its text never holds the secret."""
        if ref.env is not None:
            return _from_environment(ref.env)
        if ref.file is not None:
            return _from_file(ref.file)
        remedy = "Start the flow through Prefect, or refer to it by env or file"
        raise _missing(
            f"block {ref.block}", "Prefect blocks are read in a Prefect run only", remedy
        )


def _from_environment(name: str) -> Secret:
    text = os.environ.get(name)
    if not text:
        raise _missing(f"env {name}", "the variable is not set, or empty", f"Export {name}")
    return Secret(text)


def _from_file(name: str) -> Secret:
    try:
        text = Path(name).read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise _missing(f"file {name}", what, "Create it, readable by you alone") from None
    except UnicodeDecodeError:
        raise _missing(f"file {name}", "is not UTF-8 text", "Write the secret as text") from None
    line = text.split("\n", 1)[0].rstrip("\r")
    if not line:
        raise _missing(f"file {name}", "its first line is empty", "Write the secret there")
    return Secret(line)


def _missing(reference: str, what: str, remedy: str) -> BadInputError:
    return BadInputError([Fault("secrets", reference, what, remedy)])
