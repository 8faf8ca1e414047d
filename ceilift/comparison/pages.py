"""Pages of the reference: what differs between each series and the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from ceilift.comparison import AREAS, Change, Difference, Kind, Known, compare, counted
from ceilift.comparison.text import NOTHING, unread

MADE = "<!-- Made by `ceilift releases pages`; not edited by hand. -->"
INDEX = "index.md"
KINDS = (
    (Kind.REMOVED, "Gone"),
    (Kind.RENAMED, "Renamed"),
    (Kind.CHANGED, "Changed"),
    (Kind.ADDED, "New"),
)


def pages(last: Iterable[str], known: Callable[[str], Known]) -> dict[str, str]:
    """The text of every page by its file name: one for each neighbouring pair, and their index.

    `last` is the last release of each series, oldest first; `known` says what is known of one.
    """
    pairs = [compare(known(old), known(new)) for old, new in pairwise(last)]
    names = {difference.new: known(difference.new).release.name for difference in pairs}
    found = {file_of(difference): _page(difference) for difference in pairs}
    return {**found, INDEX: "\n".join(_index(pairs, names))}


def file_of(difference: Difference) -> str:
    """The name of a pair's page: `8-to-9.md`."""
    old, new = (version.partition(".")[0] for version in (difference.old, difference.new))
    return f"{old}-to-{new}.md"


def _index(pairs: list[Difference], names: dict[str, str]) -> Iterator[str]:
    yield MADE
    yield "# From one series to the next"
    yield ""
    yield "What differs between the last release of each series and the last of the next, by the"
    yield "catalogue and the published packages. Other two: `ceilift releases diff OLD NEW`."
    yield ""
    yield "| From | To | Behaviour | Options | Pollsters | Page |"
    yield "|---|---|---|---|---|---|"
    for pair in pairs:
        cells = (counted(pair.of(area)) or "-" for area in ("behaviour", "options", "pollsters"))
        page = file_of(pair)
        ends = f"{pair.old} | {pair.new} ({names[pair.new]})"
        yield f"| {ends} | {' | '.join(cells)} | [{page}]({page}) |"
    yield ""


def _page(difference: Difference) -> str:
    return "\n".join([*_head(difference), *_areas(difference), ""])


def _head(difference: Difference) -> Iterator[str]:
    yield MADE
    yield f"# Ceilometer {difference.old} to {difference.new}"
    yield ""
    yield f"The same for a terminal: `ceilift releases diff {difference.old} {difference.new}`."
    if difference.unread:
        yield ""
        yield unread(difference)
    if not difference.changes:
        yield ""
        yield NOTHING


def _areas(difference: Difference) -> Iterator[str]:
    for area, told in AREAS.items():
        found = difference.of(area)
        if found:
            yield from ("", f"## {told.heading}", "", told.means)
            for kind, word in KINDS:
                yield from _kind(word, [change for change in found if change.kind is kind])


def _kind(word: str, found: list[Change]) -> Iterator[str]:
    if not found:
        return
    yield ""
    if not any(change.before or change.after or change.note for change in found):
        yield f"**{word}** ({len(found)}): " + ", ".join(f"`{change.name}`" for change in found)
        return
    yield from (f"**{word}** ({len(found)})", "")
    yield from ("| What | Before | After | Note |", "|---|---|---|---|")
    for change in found:
        cells = (f"`{change.name}`", _cell(change.before), _cell(change.after), change.note)
        yield f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
