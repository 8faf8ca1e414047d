"""Takes credentials out of text that is about to be shown: logs, error output, commands."""

from __future__ import annotations

import re

URL_CREDENTIALS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^:/@\s]*):(?P<password>[^@\s]*)@", re.IGNORECASE
)
ASSIGNMENTS = re.compile(
    r"(?P<name>[\w-]*(?:password|secret|token)[\w-]*)(?P<sign>\s*[=:]\s*)(?P<value>\S+)",
    re.IGNORECASE,
)


def scrubbed(text: str) -> str:
    """The same text with passwords in URLs and values of password-like options replaced by ***."""
    text = URL_CREDENTIALS.sub(r"\g<scheme>\g<user>:***@", text)
    return ASSIGNMENTS.sub(r"\g<name>\g<sign>***", text)
