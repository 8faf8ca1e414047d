"""How a plan reads to whoever approves it."""

from __future__ import annotations

import pytest

from ceilift.plan import ExpectedLoss
from ceilift.plan_nodes import plan_nodes
from ceilift.plan_text import duration, loss_in_words, plan_to_markdown, plan_to_sentences
from tests.troubled import Cloud, quiet

COMPUTE = [{"component": "polling", "namespaces": ["compute", "ipmi"]}]


def big() -> Cloud:
    controllers = {f"ctl{n}": ["collector", "polling-central"] for n in range(3)}
    return quiet({**controllers, **{f"cmp{n:03}": COMPUTE for n in range(200)}})


def test_markdown_shows_what_is_approved() -> None:
    plan = quiet().asked(without={"pol1": "broken disk"}).planned()

    text = plan_to_markdown(plan)

    assert plan.hash in text
    assert "Point of no return: `database/dbsync`" in text
    assert "Set aside: pol1 (broken disk)" in text
    assert all(finding.what in text and finding.remedy in text for finding in plan.findings)
    assert all(stage.expected_loss.why in text for stage in plan.stages)
    headings = [line for line in text.splitlines() if line.startswith("## ") and line[3].isdigit()]
    assert [heading.split(" (")[0] for heading in headings] == [
        "## 1. Database", "## 2. Collectors", "## 3. Notification agents",
        "## 4. Polling agents", "## 5. API",
    ]  # fmt: skip


def test_what_refuses_a_plan_stands_first() -> None:
    text = plan_to_markdown(quiet().seen(bus=None).planned())

    assert text.index("What refuses this plan") < text.index("## 1.") < text.index("Worth knowing")


def test_every_host_and_every_reason_is_there() -> None:
    plan = quiet().planned()
    text = plan_to_markdown(plan)

    assert all(node.why in text for node in plan_nodes(plan).values())
    assert all(target.host in text for step in plan.steps for target in step.targets)


def test_two_hundred_hosts_stay_readable() -> None:
    text = plan_to_markdown(big().planned())

    assert "Stop the polling agents on ctl0 to cmp199 (203 hosts) and prevent a restart" in text
    assert "on ctl1 to cmp199 (202 hosts) in 5 batches" in text
    assert len(text.splitlines()) < 90


def test_many_findings_of_one_kind_stay_readable() -> None:
    cloud = big()
    for number in range(200):
        cloud = cloud.host(f"cmp{number:03}", installed=())

    plan = cloud.planned()

    assert len(plan.blockers) == 200
    for text in (plan_to_markdown(plan), plan_to_sentences(plan)):
        assert "196 more like these" in text
        assert len(text) < 9000


def test_an_empty_plan_says_so() -> None:
    plan = quiet(release="9.0.7").planned()

    assert plan_to_markdown(plan).startswith("# Nothing to do: test is at 9.0.7")
    assert "Point of no return" not in plan_to_markdown(plan)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7500, "2 h 05 min")],
)
def test_durations_are_rounded_for_reading(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (ExpectedLoss(), "nothing lost"),
        (ExpectedLoss(why="queues hold"), "nothing lost (queues hold)"),
        (ExpectedLoss(1, 0, 12.0, "x"), "1 poll of a resource missed, a pause of up to 12 s (x)"),
        (ExpectedLoss(0, 0, 4.0, "x"), "no poll of a resource missed, a pause of up to 4 s (x)"),
        (
            ExpectedLoss(2, 3, 25.0, "x"),
            "2 polls of a resource missed, 3 doubled, a pause of up to 25 s (x)",
        ),
    ],
)
def test_losses_in_words(loss: ExpectedLoss, words: str) -> None:
    assert loss_in_words(loss) == words
