"""What a release brings and takes away of what polling agents poll."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ceilift.component import Component
from ceilift.plan_files import FileKind, NewFile
from ceilift.pollster_change import (
    PollsterChange,
    group_change,
    meters_changed,
    pollsters_wanted,
)
from ceilift.pollsters import PollingFile, PollingSource, PollstersSeen
from ceilift.situation import Situation
from ceilift.state import CloudState, NewFiles
from tests import clouds

INVENTORY = clouds.inventory(
    {"ctl1": ["polling-central"], "ctl2": ["polling-central"]}, database=None, store="other"
)
OLD, NEW = "16.0.1", "17.0.2"
NAMES = ("cpu", "memory", "disk.read", "disk.write")


def source(*patterns: str, interval_s: float = 10.0) -> PollingSource:
    return PollingSource("s", interval_s, patterns, ("r1", "r2"))


def state(
    *patterns: str,
    old: tuple[str, ...] = NAMES,
    new: tuple[str, ...] = NAMES,
    given: PollingSource | None = None,
) -> CloudState:
    made = clouds.all_at(INVENTORY, OLD)
    sources = (source(*patterns),)
    hosts = tuple(
        replace(
            host,
            instances=tuple(
                replace(
                    one,
                    config=replace(
                        one.config,
                        group_prefix="",
                        resources=("r1", "r2"),
                        polling_sources=sources,
                    ),
                )
                for one in host.instances
            ),
        )
        for host in made.hosts
    )
    told = (("ctl1", OLD, old), ("ctl2", NEW, new))
    seen = tuple(PollstersSeen(host, release, ("central",), names) for host, release, names in told)
    files = NewFiles() if given is None else NewFiles(polling=PollingFile((given,)))
    return replace(made, hosts=hosts, pollsters=seen, new_files=files)


def situation(found: CloudState, **changes: object) -> Situation:
    request = clouds.request(NEW, path="partial", **changes)
    catalogue = clouds.catalogue()
    return Situation(INVENTORY, found, catalogue, request, catalogue.get(NEW))


def change(found: CloudState) -> PollsterChange:
    seen = situation(found)
    return group_change(seen, seen.wanted(Component.POLLING))


def test_a_wildcard_takes_what_the_target_loads_more() -> None:
    found = change(state("disk.*", new=(*NAMES, "disk.latency")))

    assert found == PollsterChange(new=("disk.latency",), kept=("disk.read", "disk.write"))


def test_what_the_target_no_longer_loads_goes() -> None:
    assert change(state("*", new=("cpu",))) == PollsterChange(
        removed=("disk.read", "disk.write", "memory"), kept=("cpu",)
    )


def test_a_new_file_decides_for_the_target_alone() -> None:
    found = change(state("cpu", "disk.read", given=source("cpu", "memory")))

    assert found == PollsterChange(new=("memory",), removed=("disk.read",), kept=("cpu",))


def test_a_release_that_was_not_asked_or_did_not_answer_leaves_it_unknown() -> None:
    made = state("*")
    silent = replace(made.pollsters[1], names=(), fault="no python there")

    assert not change(replace(made, pollsters=())).looked
    assert "was not asked" in change(replace(made, pollsters=made.pollsters[:1])).unknown
    told = change(replace(made, pollsters=(made.pollsters[0], silent)))
    assert told.unknown == "17.0.2 on ctl2: no python there"


def test_the_account_is_told_what_comes_with_its_interval_and_what_goes() -> None:
    found = meters_changed(
        situation(state("cpu", "disk.read", given=source("cpu", "memory", interval_s=30.0)))
    )

    assert found.new == {"memory": 30.0}
    assert found.removed == {"disk.read"}


def test_each_release_is_asked_once_on_different_hosts() -> None:
    wanted = pollsters_wanted(situation(state("*")))

    assert [(one.host, one.release) for one in wanted] == [("ctl1", OLD), ("ctl2", NEW)]


def test_nobody_is_asked_where_polling_is_not_rolled() -> None:
    assert pollsters_wanted(situation(state("*"), stop_all=("polling",))) == ()
    assert pollsters_wanted(situation(state("*"), only=("collector",))) == ()


def test_with_another_polling_file_they_are_asked_on_any_path() -> None:
    made = situation(state("*"))
    file = NewFile(FileKind.POLLING, "new.yaml", "digest")
    full = replace(made, request=replace(made.request, path="full"))
    given = replace(full, request=replace(full.request, files=(file,)))

    assert pollsters_wanted(full) == ()
    assert [one.release for one in pollsters_wanted(given)] == [OLD, NEW]


def test_a_release_that_is_not_installed_anywhere_is_not_asked() -> None:
    made = state("*")
    hosts = tuple(replace(host, installed=(OLD,)) for host in made.hosts)

    wanted = pollsters_wanted(situation(replace(made, hosts=hosts)))

    assert [one.release for one in wanted] == [OLD]


names = st.frozensets(st.sampled_from([*NAMES, "x", "y"]))


@given(names, names, st.sampled_from(["*", "disk.*", "cpu"]), st.sampled_from(["*", "x", "cpu"]))
def test_new_kept_and_removed_are_a_partition(
    old: frozenset[str], new: frozenset[str], before: str, after: str
) -> None:
    found = change(state(before, old=tuple(old), new=tuple(new), given=source(after)))

    groups = (set(found.new), set(found.removed), set(found.kept))
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert groups[0] | groups[2] <= new
    assert groups[1] | groups[2] <= old
