"""Takes credentials out of text that is about to be shown: logs, error output, commands."""

from __future__ import annotations

import re

URL_CREDENTIALS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^:/@\s]*):(?P<password>\S*)@", re.IGNORECASE
)
ASSIGNMENTS = re.compile(
    r"(?P<name>[\w-]*(?:passw(?:or)?d|secret|token|api_?key)[\w-]*)"
    r"(?P<sign>[\"']?\s*[=:]\s*)(?P<value>\"[^\"]*\"|'[^']*'|\S+)",
    re.IGNORECASE,
)


def scrubbed(text: str) -> str:
    """The same text with passwords in URLs and values of password-like options replaced by ***.

    In a URL everything up to the last `@` of the word goes: a transport URL names several hosts,
    each with a password, and a password may hold an `@` of its own.
    """
    text = URL_CREDENTIALS.sub(r"\g<scheme>\g<user>:***@", text)
    return ASSIGNMENTS.sub(r"\g<name>\g<sign>***", text)
