"""The forms of both paths carry every wish of a request, and come back as the same request."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.component import AGENTS, Component
from ceilift.errors import BadInputError
from ceilift.plan import Accepted, Request
from ceilift.policy import Policy
from flows.cli.upgrade import form_of
from flows.request import parse_full, parse_partial

names = st.sampled_from(["ctl1", "pol1"])
wishes = st.lists(st.builds(Accepted, names, st.sampled_from(["because", "he asked"])), max_size=2)
shared = {
    "to": st.just("9.0.7"),
    "accept": wishes.map(tuple),
    "without": wishes.map(tuple),
    "probe": st.booleans(),
    "start_old": st.none() | st.sampled_from(["collector", "notification", "polling"]),
}
components = st.permutations([str(one) for one in Component]).map(tuple)
policies = st.builds(
    Policy,
    component=st.sampled_from(AGENTS),
    mode=st.sampled_from(["", "surge", "replace"]),
    batch=st.sampled_from(["1", "25%"]),
    max_unavailable=st.sampled_from(["", "2"]),
    canary=st.booleans(),
)
full = st.builds(
    Request,
    path=st.just("full"),
    api_after=st.sampled_from(["database", "collector", "notification", "polling"]),
    first=st.none() | names,
    **shared,
)
partial = st.builds(
    Request,
    path=st.just("partial"),
    order=components,
    only=components,
    stop_all=st.lists(st.sampled_from([str(one) for one in AGENTS]), max_size=2).map(tuple),
    policies=st.lists(policies, max_size=2).map(tuple),
    **shared,
)


@given(full)
def test_a_full_request_is_the_same_after_its_form(request: Request) -> None:
    assert parse_full(form_of(request, Path("cloud.yaml"))).request() == request


@given(partial)
def test_a_partial_request_is_the_same_after_its_form(request: Request) -> None:
    assert parse_partial(form_of(request, Path("cloud.yaml"))).request() == request


def test_every_wrong_field_of_a_form_is_named() -> None:
    form = form_of(Request("9.0.7", "partial"), Path("cloud.yaml"))

    with pytest.raises(BadInputError) as caught:
        parse_partial({**form, "order": ["sideways"], "stop_all": ["api"]})

    assert [fault.field for fault in caught.value.faults] == ["--order", "--stop-all"]
