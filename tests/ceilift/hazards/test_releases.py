"""Rules about releases: each on a case that fires it, and on a near miss."""

from __future__ import annotations

from tests.cases import not_told, told
from tests.troubled import (
    BLOCKER,
    INFO,
    WARNING,
    Fires,
    Silent,
    modern,
    quiet,
)

FIRES: Fires = {
    "nothing to do": (lambda: quiet(release="9.0.7"), "already-at-target", INFO, "test"),
    "two releases at once": (
        lambda: quiet().agent("collector", "ctl2", release="9.0.7"),
        "mixed-releases",
        WARNING,
        "collector",
    ),
    "a release nobody can tell": (
        lambda: quiet().agent("collector", "ctl2", release="unknown"),
        "unknown-release",
        BLOCKER,
        "ctl2",
    ),
    "a release that is not listed": (
        lambda: quiet().agent("collector", "ctl2", release="4.0.0"),
        "release-not-listed",
        BLOCKER,
        "ctl2",
    ),
    "a collector that the target has not": (
        lambda: quiet(release="9.0.7").asked(to="16.0.1"),
        "T6",
        BLOCKER,
        "ctl1, ctl2",
    ),
    "data that the target cannot read": (
        lambda: quiet(release="9.0.7").asked(to="16.0.1"),
        "T8",
        BLOCKER,
        "ctl1, ctl2",
    ),
    "roles that the target has not": (
        lambda: quiet(release="9.0.7").asked(to="16.0.1"),
        "role-not-in-release",
        WARNING,
        "ctl1, ctl2",
    ),
    "scripts that call ceilometer-dbsync": (
        lambda: quiet(release="7.1.1"),
        "T7",
        WARNING,
        "test",
    ),
}

SILENT: Silent = {
    "no collector where none was": (modern, "T6"),
    "nothing stored by Ceilometer": (modern, "T8"),
    "roles the target has": (quiet, "role-not-in-release"),
    "scripts since Ocata": (quiet, "T7"),
    "something to do": (quiet, "already-at-target"),
}


test_it_is_told = told(FIRES, alone=False)
test_it_is_not_told = not_told(SILENT)


def test_a_plan_that_skips_releases_names_those_on_the_way() -> None:
    cloud = modern().asked(to="21.0.1")

    (found,) = cloud.found("releases-skipped")

    assert "by way of 17.0.2, 18.1.0, 19.1.0, 20.0.0;" in found.what
    assert modern().found("releases-skipped") == []
