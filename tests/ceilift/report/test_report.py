"""The report says what was done, what it cost next to what was expected, and what is open."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.account import Key, Learned, Span, account
from ceilift.component import Component
from ceilift.plan import Accepted, ExpectedLoss, Plan, Request, Stage
from ceilift.record import HostAside, NodeState, NodeStatus, Reading
from ceilift.report import (
    Ended,
    Report,
    Timing,
    make_report,
    report_to_json,
    report_to_markdown,
    sparkline,
)
from ceilift.state import Instance, Sample

PLAN = Plan(
    cloud="demo",
    path="full",
    releases=("8.1.5",),
    to="9.0.7",
    stages=(
        Stage("collector", (("c",),), estimate_s=20),
        Stage("polling", (("p",),), ExpectedLoss(2, 0, 31.0, "the polling pause"), 60),
        Stage("api", (("a",),)),
    ),
    steps=(),
    gates=(),
    point_of_no_return=None,
    findings=(),
    request=Request(to="9.0.7", accept=(Accepted("busy", "night | shift"),)),
)
KEYS: tuple[Key, ...] = (("cpu", "r1"), ("cpu", "r2"))
SPANS = (Span("collector", 0.0, 20.0), Span("polling", 20.0, 90.0))
TIMING = Timing(begun=0.0, ended=130.0, pending_s=95.0, prefect_s=12.0, task_runs=30)


def lossy() -> list[Sample]:
    """r1 misses two polls while polling pauses, r2 one; r2 is doubled in the first stage."""
    times = {
        "r1": [0, 10, 20, 50, 60, 70, 80, 90, 100],
        "r2": [0, 2, 10, 20, 40, 50, 60, 70, 80, 90, 100],
    }
    return [
        Sample("cpu", resource, at, at + 0.1, f"{resource}{at}")
        for resource, moments in times.items()
        for at in moments
    ]


def ended(**changes: object) -> Ended:
    learned = dict.fromkeys(KEYS, Learned(10.0, configured=True))
    found = Ended(
        outcome="done",
        nodes=(
            NodeState("c", NodeStatus.DONE, "ctl1"),
            NodeState("p", NodeStatus.FAILED, "pol1", "", "it never\npolled"),
            NodeState("a", NodeStatus.NOT_STARTED),
        ),
        before=(Instance(Component.COLLECTOR, "ctl1", "ceilometer-collector", release="8.1.5"),),
        now=(
            Instance(Component.COLLECTOR, "ctl1", "ceilometer-collector", release="9.0.7"),
            Instance(Component.POLLING, "pol1", "ceilometer-polling"),
        ),
        spans=SPANS,
        account=account(lossy(), learned, SPANS, since=0, until=105),
        readings=tuple(
            Reading(100.0 + at, "metering.sample", depth)
            for at, depth in enumerate((0, 40, 320, 8))
        ),
        asides=(HostAside("pol2", "disk", "2026-01-01", 1, "9.0.7"),),
        next_command="ceilift resume --inventory x",
    )
    return replace(found, **changes)  # type: ignore[arg-type]


@pytest.fixture
def report() -> Report:
    return make_report(PLAN, ended(), TIMING)


def test_each_stage_stands_next_to_what_was_expected(report: Report) -> None:
    collector, polling, api = report.stages
    assert (collector.seconds, collector.missed, collector.doubled) == (20.0, 0, 1)
    assert (polling.missed, polling.missed_most, polling.expected.missed) == (3, 2, 2)
    assert (polling.longest_gap_s, polling.longest_gap_of) == (30.0, "cpu of r1")
    assert (api.seconds, api.missed) == (None, None)
    assert report.outside is not None
    assert report.outside.missed == 0


def test_releases_before_and_now_stand_for_every_instance(report: Report) -> None:
    lines = [(line.host, line.before, line.now) for line in report.hosts]
    assert lines == [("ctl1", "8.1.5", "9.0.7"), ("pol1", "", "")]


def test_what_a_host_runs_that_was_not_reached_is_not_said_to_be_nothing() -> None:
    report = make_report(PLAN, ended(now=(), unread=("ctl1",)), TIMING)
    assert [(line.host, line.before, line.now) for line in report.hosts] == [
        ("ctl1", "8.1.5", "not reached")
    ]
    assert "| ctl1 | collector | ceilometer-collector | 8.1.5 | not reached |" in (
        report_to_markdown(report)
    )


def test_nodes_are_counted_and_what_is_not_done_is_told(report: Report) -> None:
    assert report.counts == {"done": 1, "failed": 1, "not started": 1}
    text = report_to_markdown(report)
    assert "# demo: 8.1.5 -> 9.0.7: done, 1 of 3 steps and gates in 2 min 10 s" in text
    assert "- p on pol1: it never polled" in text
    assert "## Not started\n\n- a" in text
    assert "## Done" not in text


def test_the_text_holds_loss_backlog_exceptions_overhead_and_the_next_command(
    report: Report,
) -> None:
    text = report_to_markdown(report)
    assert "| polling | 1 min 10 s | 30 s (31 s planned) | 2 (2 planned), 3 in all |" in text
    assert "metering.sample ▁▂█▁ peak 320, at the end 8" in text
    assert "- busy: night \\| shift" in text
    assert "- pol2, since 2026-01-01: disk; open until seen at 9.0.7 or retired" in text
    assert "Orchestration overhead: 23 s of 130 s, within the 29 s allowed for 30 task runs" in text
    assert "Prefect's own start: 12 s, apart" in text
    assert text.endswith("Next: `ceilift resume --inventory x`\n")


@pytest.mark.parametrize(("pending", "within"), [(89.0, True), (88.9, False), (200.0, True)])
def test_overhead_is_what_nothing_outside_explains(pending: float, within: bool) -> None:  # noqa: FBT001
    found = make_report(PLAN, ended(), replace(TIMING, pending_s=pending)).overhead
    assert found.within is within
    assert found.seconds >= 0


def test_without_an_account_no_loss_is_claimed() -> None:
    report = make_report(PLAN, ended(account=None), TIMING)
    assert {line.missed for line in report.stages} == {None}
    assert (report.outside, report.sent_twice) == (None, None)
    assert "Samples could not be accounted for." in report_to_markdown(report)


def test_an_empty_run_is_a_report_too() -> None:
    report = make_report(replace(PLAN, stages=()), Ended("refused", ()), Timing(0, 1, 0))
    text = report_to_markdown(report)
    assert "Steps and gates: none." in text
    assert "Backlog" not in text
    assert "Next:" not in text


def test_the_json_form_is_plain_and_keeps_the_raw_timestamps(report: Report) -> None:
    data = json.loads(json.dumps(report_to_json(report)))
    assert data["account"]["series"][0]["timestamps"][:3] == [0, 10, 20]
    assert data["backlogs"][0]["series"] == [[0.0, 0], [1.0, 40], [2.0, 320], [3.0, 8]]
    assert data["overhead"]["within"] is True
    assert data["nodes"][1]["status"] == "failed"


def test_a_thousand_hosts_stay_readable() -> None:
    nodes = tuple(NodeState(f"n{index}", NodeStatus.FAILED) for index in range(1000))
    text = report_to_markdown(make_report(PLAN, ended(nodes=nodes), TIMING))
    assert "... and 960 more" in text
    assert len(text.splitlines()) < 120


def test_a_restore_of_the_database_is_told_with_what_it_took_and_where_that_is() -> None:
    steps = (
        NodeState("database/save", NodeStatus.DONE, "ctl1", "", "/backups/before.sql.gz"),
        NodeState("database/restore", NodeStatus.DONE, "ctl1", "", "restored; lost: 5 samples"),
    )

    text = report_to_markdown(make_report(PLAN, ended(restored=steps), TIMING))

    assert "## The database's restore" in text
    assert "- database/save: done, /backups/before.sql.gz" in text
    assert "lost: 5 samples" in text
    assert "restore" not in report_to_markdown(make_report(PLAN, ended(), TIMING))


@given(st.lists(st.integers(0, 10**6), max_size=300))
def test_a_picture_is_never_wider_than_asked_and_shows_the_peak(values: list[int]) -> None:
    picture = sparkline(values, columns=60)
    assert len(picture) == min(60, len(values))
    assert ("█" in picture) is (max(values, default=0) > 0)


def test_the_picture_is_shown_where_it_can_be_and_kept_out_of_the_data() -> None:
    report = make_report(PLAN, ended(), TIMING)
    shown, plain = report_to_markdown(report, picture=True), report_to_markdown(report)

    data = shown.partition("data:image/svg+xml;base64,")[2].partition(")")[0]
    assert base64.b64decode(data).decode() == report.picture
    assert report.picture.startswith("<svg")
    assert "base64" not in plain
    assert "picture" not in report_to_json(report)
    before, _, after = shown.partition("## Picture\n")
    assert plain == before + after[after.index("## ") :]


def test_without_an_account_there_is_no_picture() -> None:
    report = make_report(PLAN, ended(account=None), TIMING)

    assert report.picture == ""
    assert "## Picture" not in report_to_markdown(report, picture=True)
