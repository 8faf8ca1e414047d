"""A release staged on a real host by plain pip: beside what runs, verified, and fit to be run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ceilift.errors import BAD_INPUT, DONE, FAILED
from lab.checksums import listed, pip_options
from tests.lab.conftest import Fresh
from tests.lab.driving import Ran, pids

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

TO, HOST = "9.0.7", "pol1"
ZEROS = "0" * 64


@dataclass(frozen=True)
class Story:
    """A list with a wrong checksum, mended; once more; another host looked at; one not there."""

    bad: Ran
    staged: Ran
    again: Ran
    looked: Ran
    stranger: Ran
    before: dict[str, str]
    after: dict[str, str]
    installed: list[str]


@pytest.fixture(scope="module")
def story(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    bench, lists = fresh(), tmp_path_factory.mktemp("lists")
    place = bench.root / "hosts" / HOST / "opt" / "ceilometer" / TO
    link = place.readlink()
    place.unlink()  # as on a host on which nobody installed it yet
    inventory = bench.other_inventory(
        "staging",
        install__requirements=str(lists / "{release}.txt"),
        install__python="/usr/bin/python3",
        install__pip=list(pip_options()),
    )
    file = lists / f"{TO}.txt"
    listed(TO, file)
    text, before = file.read_text(), pids(bench)
    try:
        file.write_text(re.sub(r"[0-9a-f]{64}", ZEROS, text))
        bad = bench.ceilift("stage", "--to", TO, "--host", HOST, inventory=inventory)
        file.write_text(text)
        words = ("stage", "--to", TO, "--format", "json")
        staged = bench.ceilift(*words, "--host", HOST, inventory=inventory)
        again = bench.ceilift(*words, "--host", HOST, inventory=inventory)
        looked = bench.ceilift(*words, "--dry-run", inventory=inventory)
        stranger = bench.ceilift(*words, "--host", "nobody", inventory=inventory)
        state = bench.root / "staged.json"
        bench.ceilift("preflight", "--save", str(state))
        hosts = json.loads(state.read_text())["hosts"]
        installed = next(host["installed"] for host in hosts if host["name"] == HOST)
        yield Story(bad, staged, again, looked, stranger, before, pids(bench), installed)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        place.symlink_to(link)


def test_a_package_that_does_not_match_its_checksum_is_not_installed(story: Story) -> None:
    assert story.bad.code == FAILED
    assert "pip could not install the list" in story.bad.out


def test_gone_on_with_it_is_there_and_whole(story: Story) -> None:
    assert story.staged.code == DONE, story.staged.said
    assert json.loads(story.staged.out) == [
        {"host": HOST, "ready": True, "done": "staged", "problem": ""}
    ]
    assert TO in story.installed


def test_a_second_time_nothing_is_done(story: Story) -> None:
    assert [one["done"] for one in json.loads(story.again.out)] == ["there and whole"]


def test_what_was_patched_elsewhere_is_told(story: Story) -> None:
    found = {one["host"]: one for one in json.loads(story.looked.out)}

    assert story.looked.code == DONE, story.looked.said
    assert all(one["ready"] for one in found.values())
    assert found[HOST]["done"] == "there and whole"


def test_a_host_that_is_not_there_is_named(story: Story) -> None:
    assert story.stranger.code == BAD_INPUT
    assert "there is no host 'nobody'" in story.stranger.err


def test_nothing_was_restarted(story: Story) -> None:
    assert story.before == story.after
