"""Where a run asks again on its way."""

from __future__ import annotations

import re

from ceilift.approval_gates import AskAt, approval_gates
from ceilift.plan import Plan
from ceilift.plan_nodes import plan_nodes
from ceilift.window import pieces
from tests.golden import FILES, read


def gates(name: str, *wanted: AskAt) -> dict[str, set[str]]:
    """The nodes behind each gate of a golden plan."""
    golden = read(next(file for file in FILES if file.stem == name))
    plan: Plan = golden.planned(golden.state)
    parts = pieces(plan, dict.fromkeys(plan_nodes(plan), 1.0))
    found: dict[str, set[str]] = {}
    for node, gate in approval_gates(plan, parts, wanted).items():
        found.setdefault(gate, set()).add(node)
    return found


def test_the_point_of_no_return_is_asked_about_behind_the_backup() -> None:
    assert gates("one-host", AskAt.NO_RETURN) == {"no-return": {"database/dbsync"}}


def test_after_the_canary_the_second_agent_of_each_stage_waits() -> None:
    found = gates("partial-one-group", AskAt.CANARY)

    assert set(found) == {"canary-notification", "canary-polling"}
    assert "notification/stop/ctl2" in found["canary-notification"]
    assert "notification/stop/ctl1" not in found["canary-notification"]


def test_the_first_stage_was_asked_about_at_the_start() -> None:
    found = gates("partial-one-group", AskAt.STAGE)

    assert set(found) == {"stage-polling"}
    assert "polling/stop/ctl1" in found["stage-polling"]


def test_nothing_is_asked_unless_wanted() -> None:
    assert gates("one-host") == {}


def test_names_can_stand_in_an_address() -> None:
    found = [name for file in ("partial-one-group", "one-host") for name in gates(file, *AskAt)]

    assert found
    assert all(re.fullmatch("[a-z-]+", name) for name in found)
