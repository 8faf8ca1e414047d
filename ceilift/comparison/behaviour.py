"""What the catalogue's own facts say of a release, each in words an operator knows."""

from __future__ import annotations

from collections.abc import Mapping

from ceilift.release import Release

RINGS = {"ceilometer": "Ceilometer's own", "tooz": "tooz"}
MEMBERS = {
    "never": "never after the start",
    "each-interval": "at every poll",
    "events": "when it happens",
}


def behaviour(release: Release) -> Mapping[str, str]:
    """How its agents behave, by what is looked at. Times measured in the lab are left out."""
    polling, notification = release.polling, release.notification
    return {
        **{f"program of {part}": name for part, name in release.scripts.value.items()},
        **{
            f"queues read by {part}": ", ".join(names)
            for part, names in release.queues.value.items()
        },
        "migration command": " ".join(release.dbsync.command.value),
        "Ceilometer's own SQL database": _yes(release.dbsync.sql.value),
        "polling interval by default": f"{polling.default_interval_s.value} s",
        "first poll": _intervals(polling.first_poll_intervals.value),
        "first poll, coordinated": _intervals(polling.first_poll_intervals_coordinated.value),
        "hash ring of polling agents": RINGS[polling.ring.value],
        "members of a group are counted anew": MEMBERS[polling.membership.value],
        "pipeline files are read again": notification.reload.value,
        "notification agents can share work": _yes(notification.partitioning.value),
        "group of notification agents": notification.group.value or "none",
        "queues between notification agents": notification.ipc_queue_prefix.value or "none",
        "sample fields that not every release sends": _words(release.payload.sends.value),
        "sample fields without which samples are lost": _words(release.payload.requires.value),
    }


def _yes(value: bool) -> str:  # noqa: FBT001 - it is what is shown
    return "yes" if value else "no"


def _intervals(count: int) -> str:
    return "at once" if count == 0 else f"after {count} interval{'s' if count > 1 else ''}"


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
