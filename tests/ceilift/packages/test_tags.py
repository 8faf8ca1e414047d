"""What is told of a git tag is undone from the release that came after it."""

from __future__ import annotations

from typing import Any

import pytest

from ceilift.package import NOT_READ, Exchanges
from ceilift.packages.tags import UNREAD, before
from tests.wheels import package

SNMP = "ceilometer/hardware/pollsters/data/snmp.yaml"
AFTER = package({SNMP: "metric: [{name: hardware.cpu.util}, {name: hardware.cpu.load}]"})
TOLD: dict[str, Any] = {
    "source": "git tag 29.0.0",
    "python": "3.11",
    "entry_points": {
        "added": {"ceilometer.poll.compute": ["cpu"], "console_scripts": ["ceilometer-polling"]},
        "removed": {"wsgi_scripts": ["ceilometer-api"]},
    },
    "snmp_meters": {"added": ["hardware.cpu.util"]},
    "options": {
        "added": ["[polling] new"],
        "removed": ["[api] port", "[api] host"],
        "were_deprecated": ["[api] host"],
        "defaults": {"[DEFAULT] batch_size": "1"},
        "deprecated": ["[DEFAULT] dirs"],
        "aliases": {"[DEFAULT] host": ["[api] name"]},
    },
    "messages": {"added": {"sample_sends": ["user_id"]}},
}
FOUND = before(AFTER, "29.0.0", TOLD)
OPTIONS = {option.path: option for option in FOUND.options}


def test_what_came_later_is_not_there_and_what_went_is() -> None:
    assert FOUND.entry_points == {
        "ceilometer.poll.compute": ("memory.usage",),
        "wsgi_scripts": ("ceilometer-api",),
    }
    assert FOUND.definitions == {"snmp_meters": ("hardware.cpu.load",)}
    assert "[polling] new" not in OPTIONS
    assert FOUND.messages.sample_sends == ("counter_name", "message_signature")


def test_options_are_as_they_were() -> None:
    assert OPTIONS["[DEFAULT] batch_size"].default == "1"
    assert not OPTIONS["[DEFAULT] dirs"].going
    assert OPTIONS["[DEFAULT] host"].aliases == ("[api] name",)


def test_of_an_option_that_went_only_the_name_is_known() -> None:
    assert (OPTIONS["[api] host"].default, OPTIONS["[api] host"].going) == (NOT_READ, True)
    assert not OPTIONS["[api] port"].going


def test_it_says_where_it_comes_from_and_what_it_does_not_know() -> None:
    assert (FOUND.wheel, FOUND.sha256, FOUND.source) == ("", "", "git tag 29.0.0")
    assert (FOUND.version, FOUND.python, FOUND.unread) == ("29.0.0", "3.11", UNREAD)
    assert (FOUND.requires, FOUND.files, FOUND.exchanges) == ((), {}, Exchanges())


@pytest.mark.parametrize(
    ("part", "wrong", "words"),
    [
        ("entry_points", {"added": {"console_scripts": ["x"]}}, r"told as new.*\['x'\]"),
        ("options", {"added": ["[api] x"]}, r"told as new.*\[api\] x"),
        ("options", {"defaults": {"[api] x": "1"}}, r"told as other before.*\[api\] x"),
    ],
)
def test_a_slip_of_the_pen_is_refused(part: str, wrong: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        before(AFTER, "29.0.0", {**TOLD, part: wrong})
