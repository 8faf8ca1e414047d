"""Where the catalogue's hand-written facts and the published package of a release disagree."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.comparison.contents import PROGRAMS
from ceilift.package import Package
from ceilift.release import Release

NEWER = {"user_name", "project_name"}  # sample fields that not every release has


def disagreements(release: Release, package: Package) -> tuple[str, ...]:
    """What the two say differently, in words; the package is right."""
    return tuple(_disagreements(release, package))


def _disagreements(release: Release, package: Package) -> Iterator[str]:
    shipped = {name for group in PROGRAMS for name in package.entry_points.get(group, ())}
    needed = {*release.scripts.value.values(), release.dbsync.command.value[0]}
    missing = sorted(needed - shipped)
    if missing:
        yield f"programs {', '.join(missing)}: the package has none of that name"
    interval = package.definitions.get("polling_intervals_s", ())
    if interval != (str(release.polling.default_interval_s.value),):
        yield f"default interval: the package's polling.yaml has {', '.join(interval)} s"
    if release.dbsync.sql.value is not bool(package.tables):
        yield "SQL database: the package " + ("has tables" if package.tables else "has no tables")
    partitioning = any(option.name == "workload_partitioning" for option in package.options)
    if release.notification.partitioning.value is not partitioning:
        yield "sharing of notification work: the package has it the other way"
    yield from _payload(release, package)


def _payload(release: Release, package: Package) -> Iterator[str]:
    sent, wanted = package.messages.sample_sends, package.messages.sample_requires
    for told, read, what in (
        (release.payload.sends.value, sent, "sent"),
        (release.payload.requires.value, wanted, "required"),
    ):
        if {*told} != NEWER & {*read}:
            yield f"newer sample fields {what}: the package has {sorted(NEWER & {*read})}"
