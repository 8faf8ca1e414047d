"""Clouds side by side: who comes up when, and what becomes of jobs where one fails."""

from __future__ import annotations

from threading import Barrier, Lock

import pytest

from lab.accept.side_by_side import Job, SideBySide
from lab.errors import LabError


class Bed:
    """A cloud that remembers what was asked of it."""

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name = name
        self.asked = asked
        self._lock = Lock()

    def up(self) -> None:
        self._noted("up")

    def down(self) -> None:
        self._noted("down")

    def deploy(self) -> None:
        self._noted("deploy")

    def deploy_as(self, other: Bed) -> None:
        self._noted(f"as {other.name}")

    def _noted(self, what: str) -> None:
        with self._lock:
            self.asked.append(f"{self.name} {what}")


def beds() -> tuple[list[Bed], list[str]]:
    asked: list[str] = []
    return [Bed("a", asked), Bed("b", asked)], asked


def test_without_a_job_no_cloud_comes_up() -> None:
    clouds, asked = beds()

    with SideBySide(clouds) as side_by_side:
        side_by_side.carry_out([])

    assert asked == []


def test_every_cloud_comes_up_once_flows_are_deployed_once_and_all_go_down() -> None:
    clouds, asked = beds()

    with SideBySide(clouds) as side_by_side:
        for _ in range(2):
            side_by_side.carry_out([lambda _bed: None])

    by_name = {bed.name: [one for one in asked if one.startswith(bed.name)] for bed in clouds}
    assert sorted(by_name["a"] + by_name["b"]) == sorted(asked)
    first, second = ("a", "b") if "a deploy" in asked else ("b", "a")
    assert by_name[first] == [f"{first} up", f"{first} deploy", f"{first} down"]
    assert by_name[second] == [f"{second} up", f"{second} as {first}", f"{second} down"]


def test_jobs_run_at_the_same_time_each_once() -> None:
    clouds, _ = beds()
    together, seen = Barrier(2, timeout=20), list[int]()

    def job(number: int) -> Job[Bed]:
        def play(_bed: Bed) -> None:
            together.wait()
            seen.append(number)

        return play

    with SideBySide(clouds) as side_by_side:
        side_by_side.carry_out([job(number) for number in range(6)])

    assert sorted(seen) == list(range(6))


def test_a_job_that_raises_ends_all_and_leaves_no_cloud_up() -> None:
    asked: list[str] = []
    begun: list[int] = []

    def broken(_bed: Bed) -> None:
        raise LabError("no supervisord answers")

    with (
        pytest.raises(LabError, match="no supervisord"),
        SideBySide([Bed("a", asked)]) as side_by_side,
    ):
        side_by_side.carry_out([broken, lambda _bed: begun.append(1)])

    assert begun == []
    assert asked[-1] == "a down"
