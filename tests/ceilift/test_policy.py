"""Policies: their texts, their batches, and how many agents they take away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.component import AGENTS, Component
from ceilift.policy import Mode, Policy, policy_from_text, policy_to_text

amounts = st.integers(1, 40).map(str) | st.integers(1, 100).map(lambda n: f"{n}%")
policies = st.builds(
    Policy,
    component=st.sampled_from(AGENTS),
    mode=st.sampled_from(["", "surge", "replace"]),
    batch=amounts,
    max_unavailable=st.just("") | amounts,
    canary=st.booleans(),
    failures=st.just("0") | amounts,
)


@given(policies)
def test_a_policy_is_read_back_from_its_text(policy: Policy) -> None:
    assert policy_from_text(policy_to_text(policy)) == policy


@given(policies, st.integers(1, 60))
def test_batches_hold_everyone_once_and_never_take_too_many_away(
    policy: Policy, agents: int
) -> None:
    places = list(range(agents))
    found = list(policy.batches(places, agents)) if not list(policy.faults(agents)) else []

    assert not found or [one for batch in found for one in batch] == places
    if policy.chosen(agents) is Mode.REPLACE:
        assert all(len(batch) + policy.budget(agents) <= policy.away(agents) for batch in found)
    if policy.canary and found:
        assert len(found[0]) == 1


def test_one_agent_gets_its_successor_beside_it_and_many_are_replaced() -> None:
    policy = Policy(Component.COLLECTOR)

    assert (policy.chosen(1), policy.away(1)) == (Mode.SURGE, 0)
    assert (policy.chosen(3), policy.away(3)) == (Mode.REPLACE, 1)


def test_a_share_is_rounded_down_to_one_at_least() -> None:
    policy = Policy(Component.POLLING, "replace", "25%", canary=False)

    assert [len(batch) for batch in policy.batches(range(10), 10)] == [2, 2, 2, 2, 2]
    assert [len(batch) for batch in policy.batches(range(3), 3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("api=surge", "no agent 'api'"),
        ("polling=surge,size=2", "no 'size'"),
        ("polling=surge,canary=maybe", "yes or no"),
    ],
)
def test_a_text_that_is_no_policy_is_told_in_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        policy_from_text(text)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Policy(Component.POLLING, "sideways"), "no mode 'sideways'"),
        (Policy(Component.POLLING, batch="some"), "batch 'some' is neither"),
        (Policy(Component.POLLING, "replace", "0"), "one host at least"),
        (Policy(Component.POLLING, "replace", max_unavailable="0"), "use surge"),
        (Policy(Component.POLLING, failures="few"), "failures 'few' is neither"),
        (
            Policy(Component.POLLING, "replace", max_unavailable="1", failures="1"),
            "needs a max-unavailable of 2",
        ),
        (Policy(Component.API), "has no policy"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_told_in_words(policy: Policy, said: str) -> None:
    assert any(said in fault for fault in policy.faults(3))
