"""What the acceptance of rollbacks takes for "as before", tried on looks that are not."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from ceilift.state import Instance, Restart
from lab.accept.rollbacks import Agents, differences
from tests.clouds import agent

BEFORE = agent("polling", "ctl1", "8.1.5", unit="ceilometer-polling")


def looked(*found: Instance) -> Agents:
    return {one.key: asdict(one) for one in found}


def changed(**config: object) -> Instance:
    return replace(BEFORE, config=replace(BEFORE.config, **config))  # type: ignore[arg-type]


def test_the_same_is_no_difference_whatever_its_processes() -> None:
    again = replace(BEFORE, pids=(7,), started=1.0, ticks=(2.0,))

    assert differences(looked(BEFORE), looked(again)) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (replace(BEFORE, release="9.0.7"), "release 8.1.5, now 9.0.7"),
        (replace(BEFORE, release=None), "release 8.1.5, now None"),
        (replace(BEFORE, restart=Restart.PREVENTED), "restart enabled, now prevented"),
        (changed(polling_digest="new"), "polling_digest , now new"),
        (changed(pipeline_digest="new"), "pipeline_digest , now new"),
    ],
)
def test_every_other_difference_is_told(now: Instance, said: str) -> None:
    (line,) = differences(looked(BEFORE), looked(now))

    assert line == f"polling/ctl1/ceilometer-polling: {said}"


def test_what_is_gone_or_was_left_is_told() -> None:
    left = replace(BEFORE, unit="ceilometer-polling-ceilift")

    assert differences(looked(BEFORE), looked(left)) == [
        "polling/ctl1/ceilometer-polling is gone",
        "polling/ctl1/ceilometer-polling-ceilift was left",
    ]
