"""Samples in files on several hosts: what is asked, what is answered, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ceilift.errors import StepFailedError, TransientError
from ceilift.remote.shell import Result
from ceilift.telemetry.file import MOST_METERS, FileSamples, Place
from tests.fakes import OK, Answer, FakeShell

PATH = "/var/lib/samples.log"
AWAY = TransientError("ctl2 did not answer", host="ctl2")


def line(at: str, meter: str = "m", resource: str = "r", number: str = "1") -> str:
    return repr({"name": meter, "resource_id": resource, "timestamp": at, "id": number})


def answering(*lines: str) -> Result:
    return replace(OK, stdout="".join(f"{each}\n" for each in lines))


def asked_of(*answers: Result | StepFailedError | Answer) -> tuple[FileSamples, list[FakeShell]]:
    shells = [FakeShell(f"ctl{number}", each) for number, each in enumerate(answers, 1)]
    return FileSamples([Place(shell, PATH) for shell in shells], lambda _: None), shells


def test_what_all_hosts_hold_is_one_story_in_order() -> None:
    store, shells = asked_of(
        answering(line("1970-01-01T00:02:00"), line("1970-01-01T00:01:59"), "end"),
        answering(line("1970-01-01T00:02:00"), line("1970-01-01T00:05:00"), "end"),
    )

    found = store.events(119.5, 130)

    assert [one.timestamp for one in found] == [120.0, 120.0]  # published twice, so there twice
    assert [len(shell.asked) for shell in shells] == [1, 1]


def test_a_host_is_asked_from_a_minute_earlier_on() -> None:
    store, shells = asked_of(answering("end"))

    store.events(120.5, 130, {"b", "a"})

    assert shells[0].asked[0].args[:5] == (
        "samples",
        PATH,
        "60",
        "1970-01-01T00:01:00",
        "1970-01-01T00:02:00",
    )
    assert shells[0].asked[0].args[-1] == "a b"


def test_more_meters_than_a_command_line_holds_are_told_apart_here() -> None:
    store, shells = asked_of(answering(line("1970-01-01T00:02:00", "other"), "end"))

    assert store.count(0, 200, {"m" * MOST_METERS, "n"}) == 0
    assert shells[0].asked[0].args[-1] == ""


def test_the_newest_sample_of_each_resource_is_told() -> None:
    store, _ = asked_of(
        answering(line("1970-01-01T00:02:10"), line("1970-01-01T00:02:00"), "end"),
        answering(line("1970-01-01T00:03:00", resource="x"), "end"),
    )

    assert store.newest({"r", "never"}, 100) == {"r": 130.0}


def test_rows_are_counted_from_each_hosts_own_mark() -> None:
    def first(_: str, args: tuple[str, ...]) -> Result:
        if args[0] == "mark":
            return answering("mark 7 100 9-9 1000", "end")
        assert args[2:] == ("7", "100", "9-9", "1000")
        return answering("rows 3", "end")

    def second(_: str, args: tuple[str, ...]) -> Result:
        if args[0] == "mark":
            return answering("end")  # no file yet
        assert args[2:] == ("-", "0", "-", "0")
        return answering("rows 2", "end")

    store, _ = asked_of(first, second)

    assert store.rows_after(store.newest_id()) == 5


def test_the_rate_is_what_came_while_it_waited() -> None:
    def answer(_: str, args: tuple[str, ...]) -> Result:
        return answering("mark 7 0 9 1" if args[0] == "mark" else "rows 20", "end")

    store, _ = asked_of(answer)

    assert 0 < store.insert_rate(10.0) <= 2.0


def test_one_file_is_enough_to_be_readable() -> None:
    store, _ = asked_of(answering("end"), answering("mark 7 0 9 1", "end"))
    nothing, _ = asked_of(answering("end"))

    assert store.facts().reachable
    assert not nothing.facts().reachable
    assert nothing.facts().problem == f"no such file: ctl1:{PATH}"
    assert "notification" in FileSamples([]).facts().problem


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (AWAY, "ctl2 did not answer"),
        (Result(2, "", "sh: awk: not found\n", 0.1), f"ctl2: {PATH} could not be read: .*awk"),
        (Result(3, "", f"{PATH} may not be read\n", 0.1), "ctl2: .*may not be read"),
        (answering(line("1970-01-01T00:02:00")), "ctl2: .*exit code 0"),  # broken off
        (OK, "ctl2"),
    ],
)
@pytest.mark.parametrize(
    "question",
    [
        lambda store: store.events(0, 1),
        lambda store: store.newest({"r"}, 0),
        lambda store: store.newest_id(),
        lambda store: store.rows_after(0),
        lambda store: store.insert_rate(1),
        lambda store: store.facts(),
    ],
)
def test_a_host_that_cannot_be_read_is_named(
    answer: Result | StepFailedError, words: str, question: Callable[[FileSamples], object]
) -> None:
    def fine(_: str, args: tuple[str, ...]) -> Result:
        return answering("rows 1", "end") if args[0] == "rows" else answering("end")

    store, _ = asked_of(fine, answer)

    with pytest.raises(TransientError, match=words) as told:
        question(store)

    assert told.value.host == "ctl2"


def test_too_much_to_read_is_said_and_not_read() -> None:
    store, _ = asked_of(answering(line("1970-01-01T00:02:00"), "over"))

    with pytest.raises(StepFailedError, match="ctl1: more than 64 MB") as told:
        store.events(0, 1)

    assert not isinstance(told.value, TransientError)


def test_a_host_set_aside_is_read_while_it_answers_and_then_no_more() -> None:
    shell = FakeShell("ctl1", answering(line("1970-01-01T00:00:01"), "end"))
    store = FileSamples([Place(shell, PATH, aside=True)])
    assert store.count(0, 10) == 1

    shell.answer = AWAY

    assert store.count(0, 10) == 0
    assert store.rows_after(store.newest_id()) == 0
    assert len(shell.asked) == 2
