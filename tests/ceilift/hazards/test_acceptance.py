"""The rules together: a quiet cloud, the order of findings, and what accepting does."""

from __future__ import annotations

from ceilift.hazards import ACCEPTABLE
from ceilift.pollsters import PollstersSeen
from ceilift.state import Evidence
from ceilift.stores import Account
from tests.crossing import going, publishing
from tests.troubled import (
    BLOCKER,
    PROVEN,
    WARNING,
    Cloud,
    database_section,
    modern,
    quiet,
)


def busy() -> Cloud:
    return quiet(limits={"insert_rate": 5}).database(insert_rate=6.0)


def rehearsed_badly() -> Cloud:
    seen = Evidence("database/not-additive", "9.0.7", detail="table trait is gone")
    return quiet(database=database_section(backup=PROVEN)).seen(evidence=(seen,))


def test_a_quiet_cloud_has_nothing_against_it() -> None:
    plan = quiet().planned()

    assert {finding.id for finding in plan.findings} == {
        "T24",
        "dbsync-no-op",
        "last-acknowledgement",
    }
    assert plan.blockers == ()


def test_the_most_severe_come_first() -> None:
    plan = quiet().host("pol1", clock_skew_s=9.0).seen(bus=None).planned()

    ranks = [finding.severity.rank for finding in plan.findings]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2}


def test_an_accepted_blocker_is_a_warning_with_its_reason() -> None:
    (finding,) = busy().asked(accept={"busy": "it is always so"}).found("busy")

    assert finding.severity is WARNING
    assert "it is always so" in finding.what
    assert busy().planned().blockers != ()


def test_accepting_lifts_no_other_blocker() -> None:
    plan = busy().seen(bus=None).asked(accept={"busy": "it is always so"}).planned()

    assert {finding.id for finding in plan.blockers} == {"broker-unreachable"}


def test_exactly_the_blockers_that_say_so_can_be_accepted() -> None:
    told = PollstersSeen("ctl1", "16.0.1", ("central",), fault="no python")
    rolling = modern().polling(group_prefix="", resources=("r",)).seen(pollsters=(told,))
    clouds = (
        busy(),
        busy().agent("collector", "ctl2", release="unknown"),
        busy().seen(bus=None),
        rolling.asked(to="17.0.2", path="partial"),
        rehearsed_badly(),
        publishing("21.0.1", "22.0.1", "monasca://host"),
        going("18.1.0", "19.0.0").asked(to="19.0.0", path="partial"),
        quiet().seen(accounts=(Account("database", server="mariadb"),)),
    )
    blockers = [finding for cloud in clouds for finding in cloud.planned().blockers]

    assert {finding.id for finding in blockers if finding.acceptable} == ACCEPTABLE
    assert all(finding.severity is BLOCKER for finding in blockers)


def test_gnocchi_has_a_procedure_of_its_own() -> None:
    (finding,) = modern().found("no-database")

    assert "gnocchi-upgrade" in finding.what
