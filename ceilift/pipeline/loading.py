"""What an installed release says of new pipeline files before any agent gets them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadWanted:
    """Which installed release to ask on which host, about files with these SHA-256."""

    host: str
    release: str
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadSeen:
    """The answer: `fault` says why that release would not load the files ("": it loads them).

    `unknown` says why it could not be asked; then nothing is known of the files.
    """

    host: str
    release: str
    digests: tuple[str, ...]
    fault: str = ""
    unknown: str = ""
