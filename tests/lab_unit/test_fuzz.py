"""The fuzzer itself: what would be a traceback is counted as one."""

from __future__ import annotations

from ceilift.errors import BadInputError, Fault
from lab.accept.checks import Checks
from lab.accept.fuzz import Fuzzed, _as_given, fuzz


def crashing(_text: str) -> object:
    raise KeyError("oh")


def refusing(_text: str) -> object:
    raise BadInputError([Fault("a", "b", "c", "d")])


def test_a_crash_is_counted_and_told() -> None:
    found = Fuzzed()

    for take in (crashing, refusing, str):
        found.give(take, "x")

    assert (found.inputs, found.refused, found.taken) == (3, 1, 1)
    assert "KeyError: 'oh'" in found.tracebacks[0]


def test_an_argument_reaches_a_script_as_it_was_given() -> None:
    assert _as_given("$(exit 3); `false` ' \" \n x")


def test_hostile_input_ends_in_words() -> None:
    checks = Checks("trust", short=True)

    fuzz(checks, 800)

    assert [check for check in checks.found if not check.met] == []
