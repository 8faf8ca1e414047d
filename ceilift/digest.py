"""SHA-256 of a file's text, as plans, looks and the ledger compare files."""

from __future__ import annotations

import hashlib


def digest(text: str) -> str:
    """SHA-256 of a file's text; empty for no text at all."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""
