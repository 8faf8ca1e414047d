"""The plans of tests/plans/, word for word, and what holds for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.plan import Plan
from ceilift.plan_text import plan_to_sentences
from ceilift.planner import difference, make_plan, remaining
from tests.clouds import after, begun, catalogue, in_order
from tests.golden import FILES, Golden, read

SMALL = 40  # nodes: every prefix of a plan is tried; of a bigger one, every third


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    path: Path = request.param
    return read(path)


def is_runnable(path: Path) -> bool:
    """Whether nothing refuses the plan; only then may it be carried out."""
    golden = read(path)
    return not golden.planned(golden.first_state).blockers


@pytest.fixture(params=[file for file in FILES if is_runnable(file)], ids=lambda path: path.stem)
def runnable(request: pytest.FixtureRequest) -> Golden:
    path: Path = request.param
    return read(path)


def prefixes(plan: Plan) -> Iterator[list[str]]:
    """What was done when the run ended, in the order of the waves."""
    ids = [node.id for node in in_order(plan)]
    step = 1 if len(ids) <= SMALL else len(ids) // 7
    return (ids[:count] for count in range(0, len(ids) + 1, step))


def test_the_plan_reads_as_expected(golden: Golden) -> None:
    assert plan_to_sentences(golden.planned(golden.state)) == golden.data["plan"]


def test_planned_anew_is_what_remains_after_every_prefix(runnable: Golden) -> None:
    state = begun(runnable.first_state)
    plan = make_plan(runnable.inventory, state, catalogue(), runnable.request)

    for done in prefixes(plan):
        fresh = after(plan, state, done)
        left = remaining(plan, fresh)
        anew = make_plan(runnable.inventory, fresh, catalogue(), runnable.request)
        assert difference(left, anew) == (), done
        assert left.hash == anew.hash
        assert {node.id for node in in_order(left)} == {n.id for n in in_order(plan)} - set(done)


def test_carried_out_nothing_is_left(runnable: Golden) -> None:
    state = begun(runnable.state)
    plan = make_plan(runnable.inventory, state, catalogue(), runnable.request)

    finished = after(plan, state, [node.id for node in in_order(plan)])

    assert make_plan(runnable.inventory, finished, catalogue(), runnable.request).steps == ()
    if runnable.request.only:
        return  # the rest of the cloud is still old: without its ledger that is an upgrade to do
    # And for whoever looks without knowing of the upgrade.
    unaware = runnable.planned(replace(finished, baseline=(), evidence=()))
    assert (unaware.steps, unaware.gates) == ((), ())
