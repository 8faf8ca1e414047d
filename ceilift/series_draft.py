"""The hand-written file of a series with a new release in it: a draft that wants a review."""

from __future__ import annotations

import re

SOURCE = re.compile(r'^(\s*source: ")(?!not reviewed)', re.MULTILINE)
UNREVIEWED = "not reviewed for"
RELEASES = "\nreleases:\n"


def with_release(text: str, version: str) -> str:
    """The file of its series with one release more, to which the facts of the series apply."""
    return f"{text.rstrip()}\n  {version}: {{}}\n"


def next_series(before: str, version: str) -> str:
    """A draft of a new series' file, made of the one before it.

    Every source begins with "not reviewed for VERSION"; a test refuses a catalogue that has such
    a source, so that each fact is looked at before it ships.
    """
    series = version.partition(".")[0]
    facts = before.partition(RELEASES)[0]
    facts = re.sub(r"\A#.*\n", f"# {version}: a draft made of the series before it.\n", facts)
    facts = re.sub(r"^series: .*$", f"series: {series}", facts, flags=re.MULTILINE)
    facts = re.sub(r"^name: .*$", f'name: "{series}"', facts, flags=re.MULTILINE)
    facts = SOURCE.sub(rf"\g<1>{UNREVIEWED} {version}: ", facts)
    return f"{facts}\n{RELEASES}  {version}: {{}}\n"
