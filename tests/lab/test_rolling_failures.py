"""One rolling upgrade that meets one failure after the other, and is mended and resumed.

Told once, by the fixtures, as in test_full_failures. While collectors are replaced one by one, and
polling agents get new ones beside them, somebody counts those that are healthy.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ceilift.cloud import Cloud
from ceilift.errors import FAILED, REFUSED
from ceilift.inventory_file import load_inventory
from ceilift.policy import policy_from_text
from ceilift.secrets import EnvFileSecrets
from lab.clouds import METERS, POLL_INTERVAL_S, TARGETS
from lab.waiting import until
from tests.lab.conftest import Fresh
from tests.lab.driving import Bench, Picture, Ran, picture, pids
from tests.lab.story import Story, missing
from tests.lab.watching import Watcher

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

COLLECTORS, POLLERS = "collector=replace", "polling=surge"
PARTIAL = (
    *("--path", "partial", "--only", "collector,polling"),
    *("--policy", COLLECTORS, "--policy", POLLERS),
)
LOST_SIGHT_S = 2.0  # between two looks of the watcher, on a busy machine


@pytest.fixture(scope="module")
def story(fresh: Fresh) -> Iterator[Story]:
    bench = fresh()
    bench.lab("traffic", "start", "--rate", "5")
    yield Story(bench, bench.other_inventory("hasty", gates={"margin_s": 15}))
    bench.lab("traffic", "stop")


@dataclass(frozen=True)
class Unreadable:
    """A polling.yaml that is no YAML, on one host, before anything was begun."""

    plan: dict[str, Any]
    before: Picture
    after: Picture


@pytest.fixture(scope="module")
def unreadable(story: Story) -> Unreadable:
    bench = story.bench
    bench.break_("bad-polling", "pol1", at_restart=True)
    before = picture(bench)
    found = Unreadable(bench.plan(*PARTIAL), before, picture(bench))
    bench.mend("bad-polling", "pol1")
    return found


def test_an_unreadable_polling_file_refuses_the_plan(unreadable: Unreadable, story: Story) -> None:
    assert unreadable.plan["code"] == REFUSED
    blockers = [one for one in unreadable.plan["findings"] if one["severity"] == "blocker"]
    assert [(one["id"], one["where"]) for one in blockers] == [("polling-file", "pol1")]
    path = story.bench.root / "hosts/pol1/etc/ceilometer/polling.yaml"
    assert blockers[0]["what"].startswith(f"{path} on pol1 cannot be used: line ")
    assert blockers[0]["remedy"] == f"Mend {path} on pol1, then plan again"


def test_nothing_is_touched_for_an_unreadable_polling_file(unreadable: Unreadable) -> None:
    assert unreadable.before.files == unreadable.after.files
    assert unreadable.before.pids == unreadable.after.pids


@dataclass(frozen=True)
class Dying:
    """A collector that dies whenever it is started."""

    ran: Ran
    before: dict[str, str]
    after: dict[str, str]
    served: int


@pytest.fixture(scope="module")
def dying(story: Story, unreadable: Unreadable) -> Dying:
    assert unreadable.plan["code"] == REFUSED
    bench = story.bench
    bench.break_("wont-start", "ctl1")
    before, approved = settled(bench), unreadable.plan["hash"]  # what is intended is the same
    ran = bench.upgrade(*PARTIAL, "--approve", approved, inventory=story.hasty)
    found = Dying(ran, before, pids(bench), stored_since(bench, time.time()))
    bench.mend("wont-start", "ctl1")
    return found


def settled(bench: Bench) -> dict[str, str]:
    """Every agent with its pid, once none is on its way: what is mended is also restarted."""

    def still() -> dict[str, str] | None:
        found = pids(bench)
        return None if {"STARTING", "STOPPING", "BACKOFF"} & set(found.values()) else found

    return until(still, "no agent starts or stops", 30, every=0.5)


def stored_since(bench: Bench, begun: float) -> int:
    """How many rows come once this is asked, waited for as long as every target is polled twice."""
    with Cloud(load_inventory(bench.inventory), EnvFileSecrets()) as cloud:
        assert cloud.samples is not None
        first = cloud.samples.newest_id()
        while time.time() < begun + 2 * POLL_INTERVAL_S:
            if rows := cloud.samples.rows_after(first):
                return rows
            time.sleep(0.2)
    return 0


def test_a_collector_that_dies_again_and_again_fails_its_step(dying: Dying) -> None:
    assert dying.ran.code == FAILED
    for word in ("collector/start/ctl1", "ctl1", "ceilometer.cmd.collector", "ceilift resume"):
        assert word in dying.ran.ending, dying.ran.said


def test_the_other_collector_serves_meanwhile(dying: Dying) -> None:
    assert dying.served > 0
    changed = {name for name, pid in dying.before.items() if dying.after.get(name) != pid}
    assert changed == {"ctl1/ceilometer-collector"}


@dataclass(frozen=True)
class Silent:
    """Both collectors and one polling agent taken over; then a new polling agent never polls."""

    ran: Ran
    before: dict[str, str]
    after: dict[str, str]
    polled: set[str]
    fewest: dict[str, int]
    unseen_s: float
    missing: list[int]


@pytest.fixture(scope="module")
def silent(story: Story, dying: Dying) -> Silent:
    assert dying.ran.code == FAILED
    bench = story.bench
    bench.break_("polling-silent", "ctl2", at_restart=True)
    before = pids(bench)
    with Watcher(bench) as watcher:
        ran = story.resume()
    after, polled = pids(bench), polled_since(bench, time.time())
    fewest = {name: watcher.fewest(name) for name in ("collector", "polling")}
    found = Silent(ran, before, after, polled, fewest, watcher.longest_pause_s, missing(bench))
    bench.mend("polling-silent", "ctl2")
    return found


def polled_since(bench: Bench, begun: float) -> set[str]:
    """The targets polled since that moment, once it is all of them or two intervals have gone."""
    with Cloud(load_inventory(bench.inventory), EnvFileSecrets()) as cloud:
        assert cloud.samples is not None
        found: set[str] = set()
        while len(found) < len(TARGETS) and time.time() < begun + 2 * POLL_INTERVAL_S:
            time.sleep(0.5)
            found = set(cloud.samples.newest(TARGETS, begun, METERS))
    return found


def test_a_silent_agent_stops_the_roll_at_its_gate(silent: Silent) -> None:
    assert silent.ran.code == FAILED, silent.ran.said
    for word in ("polling/proven-beside/ctl2", "published nothing", "ceilift resume"):
        assert word in silent.ran.ending, silent.ran.said


def test_old_agents_of_the_other_hosts_go_on_running_and_polling(silent: Silent) -> None:
    for host in ("ctl2", "pol1", "pol2"):
        name = f"{host}/ceilometer-polling"
        assert silent.after[name] == silent.before[name]
    assert silent.polled == set(TARGETS)
    assert silent.missing == []


def test_done_failed_and_not_started_are_told_apart(silent: Silent) -> None:
    failed, waiting = section(silent.ran, "Failed"), section(silent.ran, "Not started")
    assert [line.split()[1] for line in failed] == ["polling/proven-beside/ctl2"]
    assert "- polling/beside/pol1" in waiting
    assert "- polling/stop/ctl2" in waiting
    assert not [line for line in waiting if "/ctl1" in line or line.startswith("- collector/")]
    counted = re.search(r"Steps and gates: (\d+) done, 1 failed, (\d+) not started", silent.ran.out)
    assert counted is not None, silent.ran.out
    assert int(counted[2]) == len(waiting)


def test_never_were_fewer_healthy_than_the_policy_allows(silent: Silent) -> None:
    allowed = {
        "collector": 2 - policy_from_text(COLLECTORS).away(2),
        "polling": 4 - policy_from_text(POLLERS).away(4),
    }
    assert allowed == {"collector": 1, "polling": 4}
    assert silent.unseen_s < LOST_SIGHT_S
    assert not {name for name, least in allowed.items() if silent.fewest[name] < least}


def section(ran: Ran, title: str) -> list[str]:
    """The lines of one section of the report."""
    _, _, rest = ran.out.partition(f"## {title}\n\n")
    return rest.partition("\n\n")[0].splitlines()
