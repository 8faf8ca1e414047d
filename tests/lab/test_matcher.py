"""The matcher, the rules of a polling file and the loaded pollsters, against real Ceilometer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from ceilift.polling_file import read_polling_file
from ceilift.pollsters import is_supported, matched, polling_yaml, restricted
from ceilift.probe.pollsters_script import MARK, SCRIPT
from ceilift.release import load_catalogue
from lab.accept.foresight.programs import AGENT, asked

pytestmark = pytest.mark.lab

RELEASES = tuple(sorted(load_catalogue().releases))
CASES = 4000
SEED = 20
ODDLY = 0.15  # how often a key has a value of its own
MISSING = 0.02
NAMES = (
    "cpu",
    "CPU",
    "cpu.util",
    "disk.read",
    "disk",
    "a[b]",
    "a*",
    "b",
    "x\ny",
    "",
    "hardware.cpu",
)
WORDS = (
    *("cpu", "cpu*", "CPU", "disk.*", "*.rate", "*", "**", "?", "[a-c]", "[!a-c]*", "[", "[]", "]"),
    *(
        "a[[]b]",
        "a[*]",
        "!cpu",
        "!CPU",
        "!*",
        "!",
        "!disk.*",
        "!!cpu",
        "*.util",
        "?pu",
        "x?y",
        "[^a]",
    ),
    *("memory", "hardware.*", "[*]", "\\*"),
)
ODD: tuple[Any, ...] = ("", 3, None, 1.5, True, {"cpu": 1})
PROGRAM = """
import json, sys
try:
    from ceilometer.polling.manager import PollingSource
except ImportError:
    from ceilometer.pipeline import PollingSource

def answer(case):
    try:
        source = PollingSource(case["source"])
        return [float(source.interval), [source.support_meter(name) for name in case["names"]]]
    except Exception:
        return None

print(json.dumps([answer(case) for case in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def installed(releases: Mapping[str, Path]) -> Mapping[str, Path]:
    """The environment of each release of the catalogue that this lab has."""
    return {release: folder for release, folder in releases.items() if release in RELEASES}


def patterns(chance: Random) -> object:
    """Mostly lists that a source may have; also what none may have."""
    kinds = (
        lambda: chance.choices(WORDS, k=chance.randint(0, 4)),
        lambda: chance.choices([word for word in WORDS if word[0] not in "!*"], k=3),
        lambda: chance.choices([word for word in WORDS if word[0] == "!"], k=2),
        lambda: ["*", *chance.choices([word for word in WORDS if word[0] == "!"], k=2)],
        lambda: [*chance.choices(WORDS, k=2), chance.choice(ODD)],
        lambda: chance.choice([*ODD, "cpu", "*", "a*", {"cpu": 1, "disk": 2}]),
    )
    return chance.choice(kinds)()


def source(chance: Random) -> dict[str, object]:
    """One source, with a key missing or odd now and then."""
    odd: dict[str, list[object]] = {
        "interval": ["30", 0.9, 1.5, 0, -1, None, "x", [], True],
        "resources": [["snmp://a"], ["b", "c"], None, "text", {"a": 1}, 0, 3],
        "discovery": [["local_instances"], None, "text", {"a": 1}, {}],
    }
    made: dict[str, object] = {"name": "a", "interval": 10, "meters": patterns(chance)}
    for key, values in odd.items():
        if chance.random() < ODDLY:
            made[key] = chance.choice(values)
    for key in ("name", "interval", "meters"):
        if chance.random() < MISSING:
            del made[key]
    return made


def ours(case: Mapping[str, Any]) -> object:
    """The same answer as PROGRAM's, by what is tested."""
    file = read_polling_file(json.dumps({"sources": [case["source"]]}))
    if file.fault:
        return None
    [found] = file.sources
    return [found.interval_s, [is_supported(found.meters, name) for name in case["names"]]]


def test_thousands_of_sources_are_read_and_matched_as_each_release_does(
    installed: Mapping[str, Path],
) -> None:
    chance = Random(SEED)  # noqa: S311 - repeatable on purpose
    cases = [{"source": source(chance), "names": NAMES} for _ in range(CASES)]
    expected = [ours(case) for case in cases]
    accepted = sum(answer is not None for answer in expected)
    assert CASES // 5 < accepted < 4 * CASES // 5

    for release, folder in installed.items():
        real = asked(folder, PROGRAM, given=cases)
        differing = [
            (case["source"], theirs, own)
            for case, theirs, own in zip(cases, real, expected, strict=True)
            if theirs != own
        ]
        assert differing == [], release


@pytest.mark.parametrize("namespaces", ["central", "compute", "central,compute"])
def test_the_pollsters_told_are_those_of_a_real_agent(
    installed: Mapping[str, Path], namespaces: str, tmp_path: Path
) -> None:
    config = tmp_path / "ceilometer.conf"
    config.write_text("[DEFAULT]\ntransport_url = fake://\n")

    for release, folder in installed.items():
        done = subprocess.run(
            ["sh", "-s", "--", str(folder), "50", namespaces, str(config)],
            input=SCRIPT,
            text=True,
            capture_output=True,
            check=True,
        )
        [line] = [found for found in done.stdout.splitlines() if found.startswith(MARK)]
        told = json.loads(line.removeprefix(MARK))

        assert told["fault"] == "", release
        assert told["names"] == asked(folder, AGENT, str(config), namespaces), release


def test_a_restricted_file_polls_in_each_release_what_it_was_restricted_to(
    installed: Mapping[str, Path],
) -> None:
    chance = Random(SEED)  # noqa: S311 - repeatable on purpose
    loaded = [name for name in NAMES if name]
    wanted: list[list[str]] = []
    given: list[object] = []
    for whole in [source(chance) for _ in range(CASES // 4)]:
        sources = read_polling_file(json.dumps({"sources": [whole]})).sources
        names = frozenset(chance.sample(loaded, 5))
        written = yaml.safe_load(polling_yaml(restricted(sources, names, loaded)))
        given += [{"source": one, "names": loaded} for one in written["sources"]]
        wanted += [sorted(names & matched(loaded, sources))] * len(written["sources"])
    assert len(wanted) > CASES // 16

    for release, folder in installed.items():
        answers = [answer[1] for answer in asked(folder, PROGRAM, given=given)]
        taken = [[n for n, yes in zip(loaded, a, strict=True) if yes] for a in answers]
        assert [sorted(names) for names in taken] == wanted, release
