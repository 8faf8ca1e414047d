"""The two tests that every table of cases has: what fires it, and what just does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.troubled import Fires, Silent

Test = Callable[[str], None]


def told(fires: Fires, *, alone: bool = True) -> Test:
    """A test that each of them has its finding: once, or unless `alone` at least once."""

    @pytest.mark.parametrize("name", fires)
    def test(name: str) -> None:
        make, finding_id, severity, where = fires[name]

        findings = make().planned().findings

        found = [(one.severity, one.where) for one in findings if one.id == finding_id]
        assert (severity, where) in found
        assert not alone or len(found) == 1, found
        assert [one for one in findings if not (one.what and one.why and one.remedy)] == []

    return test


def not_told(silent: Silent) -> Test:
    """A test that none of them has its finding."""

    @pytest.mark.parametrize("name", silent)
    def test(name: str) -> None:
        make, finding_id = silent[name]

        assert make().found(finding_id) == []

    return test
