"""The full path from 8.1.5 to 9.0.7 under traffic: nothing lost but the polling pause."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ceilift.ledger.store import Ledger
from ceilift.record import Intent
from lab import accountant, database, readiness, traffic
from lab.accept import product
from lab.accept.api_load import Requests, asked
from lab.accept.bed import bed
from lab.accept.checks import Checks
from lab.accept.polling import Bound, polling_bounds
from lab.clouds import POLL_INTERVAL_S, TARGETS, CloudName, cloud_named
from lab.progress import Progress
from lab.settings import Lab
from lab.waiting import until

OLD, NEW = "8.1.5", "9.0.7"
RATE = 40.0
LEAST_SENT, LEAST_RATE = 5000, 20.0
LEAST_BACKLOG = 200
LONGEST_PAUSE_S = 1.0
LONGEST_DIFFERENCE_S = 10.0
BEFORE_INTERVALS = 5


@dataclass(frozen=True, slots=True)
class Ran:
    """One upgrade under traffic: its report, and what the database held at the end."""

    code: int
    plan: dict[str, Any]
    report: dict[str, Any]
    account: accountant.Account
    intents: tuple[Intent, ...]
    requests: Mapping[str, Requests]


def run(short: bool) -> bool:  # noqa: FBT001 - how it was asked for
    """Run it on a freshly reset lab; gives whether every demand was met.

    The short form is the same run; what it demands of seconds is told and not demanded.
    """
    progress = Progress()
    print("real Ceilometer with the lab's adjustments (docs/reference/lab.md): among them")
    print("oslo.messaging's last acknowledgements are not lost when a listener stops")
    lab = bed(cloud_named(CloudName.CLASSIC), progress, polls=1)
    prepare(lab, progress)
    ran = upgraded(lab, progress)
    checks = Checks("full", short=short)
    demand_services(checks, ran)
    demand_notifications(checks, ran)
    demand_dbsync(checks, lab, ran)
    demand_polling(checks, ran)
    demand_api(checks, ran)
    demand_overhead(checks, ran)
    return checks.tell()


def prepare(lab: Lab, progress: Progress) -> None:
    """Traffic running, and enough polls to learn intervals from."""
    traffic.start(lab, RATE)
    progress.say(f"waiting for {BEFORE_INTERVALS} polls of every target")
    wait = (BEFORE_INTERVALS + 3) * POLL_INTERVAL_S

    def polled() -> bool:
        found = accountant.account(lab.sent_log, database.url(lab)).polls
        return len({item.resource for item in found}) == len(TARGETS) and all(
            item.found >= BEFORE_INTERVALS for item in found
        )

    until(polled, "every target polled", wait, every=1)


def upgraded(lab: Lab, progress: Progress) -> Ran:
    """Plan, approve, upgrade; then send on to the number demanded, and let the queues empty."""
    made = product.plan(lab, NEW)
    progress.say(f"upgrading by plan {made['hash']}")
    with asked(lab) as requests:
        said = product.upgrade(lab, NEW, made["hash"])
    progress.say(f"the upgrade ended with exit code {said.code}")
    missing = LEAST_SENT - traffic.summary(lab.sent_log).count
    until(
        lambda: traffic.summary(lab.sent_log).count >= LEAST_SENT,
        f"{LEAST_SENT} notifications sent",
        max(missing, 0) / RATE + 60,
        every=1,
    )
    before = readiness.now()
    traffic.stop(lab)

    def look() -> accountant.Account:
        return accountant.account(lab.sent_log, database.url(lab), before=before)

    try:
        until(lambda: look().complete, "every notification stored", 60, every=1)
    finally:
        account = look()
    ledger = Ledger(f"sqlite:///{lab.ledger}")
    past = ledger.history("lab")
    report = json.loads(said.stdout) if said.stdout.strip() else {}
    return Ran(said.code, made, report, account, ledger.intents(past[0].id), requests)


def demand_services(checks: Checks, ran: Ran) -> None:
    """Every instance runs the new release, and the command says done."""
    now = [line["now"] for line in ran.report.get("hosts", [])]
    checks.demand("exit code", ran.code == 0, ran.code)
    checks.demand(f"on {NEW}", bool(now) and set(now) == {NEW}, f"{now.count(NEW)} of {len(now)}")


def demand_notifications(checks: Checks, ran: Ran) -> None:
    """Sent is stored, each once, at a steady rate that never paused, over a real backlog."""
    found = ran.account
    checks.demand("sent", found.sent >= LEAST_SENT, found.sent)
    checks.demand("rate", found.sent_rate >= LEAST_RATE, f"{found.sent_rate}/s")
    pause = found.sent_longest_gap_s
    checks.demand_time("longest pause of the sender", pause <= LONGEST_PAUSE_S, f"{pause} s")
    checks.demand("stored", found.stored == found.sent, found.stored)
    checks.demand("missing", not found.missing, len(found.missing))
    checks.demand("twice", not found.twice, len(found.twice))
    peaks = {item["queue"]: item["peak"] for item in ran.report.get("backlogs", [])}
    peak = peaks.get("metering.sample", 0)
    checks.demand("backlog without collectors", peak > LEAST_BACKLOG, peak)


def demand_dbsync(checks: Checks, lab: Lab, ran: Ran) -> None:
    """Rows went on arriving while dbsync ran."""
    acts = [item for item in ran.intents if item.node == "database/dbsync" and item.ended_at]
    begin = min((_moment(item.at) for item in acts), default=0.0)
    end = max((_moment(item.ended_at) for item in acts), default=0.0)
    rows = recorded(database.url(lab), begin, end)
    checks.demand("rows during dbsync", rows > 0, f"{rows} in {end - begin:.1f} s")


def demand_polling(checks: Checks, ran: Ran) -> None:
    """The pause of every resource, beside what the plan foretold and what is allowed."""
    bounds = polling_bounds(ran.plan, ran.report, first_gate_s(ran.intents))
    checks.demand("resources with a pause measured", len(bounds) == len(TARGETS), len(bounds))
    for bound in bounds:
        print(f"     {bound}")
    for group in (True, False):
        worst = _worst([bound for bound in bounds if bound.first is group])
        if worst is not None:
            name = "pause, first agent" if group else "pause, other agents"
            checks.demand_time(name, worst.met, f"{worst.gap_s:.1f} s of {worst.allowed_s:.1f} s")


def demand_overhead(checks: Checks, ran: Ran) -> None:
    """The time nothing outside was pending."""
    spent = ran.report.get("overhead", {})
    seconds, allowed = spent.get("seconds", 1e9), spent.get("allowed_s", 0)
    checks.demand_time("orchestration overhead", seconds <= allowed, f"{seconds} s of {allowed} s")


def first_gate_s(intents: tuple[Intent, ...]) -> float:
    """How long all but the first agent waited: from its start to the verdict of its gate."""
    gates = [item for item in intents if item.node.startswith("polling/first/") and item.ended_at]
    if not gates:
        return 0.0
    start = gates[-1].node.replace("/first/", "/start/")
    begun = [_moment(item.at) for item in intents if item.node == start]
    return _moment(gates[-1].ended_at) - min(begun, default=_moment(gates[-1].at))


def demand_api(checks: Checks, ran: Ran) -> None:
    """No request failed, and the hosts differed for ten seconds at most."""
    for host, found in sorted(ran.requests.items()):
        figure = f"{found.good} of {found.asked}, slowest {found.slowest_s:.1f} s"
        checks.demand(f"API requests on {host}", found.asked > 0 and not found.failed, figure)
    said = [item.detail for item in ran.intents if item.node == "api/switch" and item.detail]
    differed = next((text for text in said if "at most" in text), "")
    seconds = float(differed.partition("at most ")[2].partition(" s")[0] or "inf")
    checks.demand_time(
        "API hosts differed", seconds <= LONGEST_DIFFERENCE_S, f"{seconds} s at most"
    )


def recorded(url: str, begin: float, end: float) -> int:
    """How many samples were stored between two moments (epoch seconds)."""
    sample = sa.table("sample", sa.column("recorded_at", sa.Float))
    query = sa.select(sa.func.count()).select_from(sample)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(query.where(sample.c.recorded_at.between(begin, end)))
    engine.dispose()
    return int(found or 0)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _worst(bounds: list[Bound]) -> Bound | None:
    return max(bounds, key=lambda bound: bound.gap_s / bound.allowed_s, default=None)
