"""The partial path on real Ceilometer: scenarios, each with its demands and a line of figures."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

from lab import traffic
from lab.accept import sinks
from lab.accept.bed import bed
from lab.accept.checks import Checks
from lab.accept.rolling import HEAD, Rolled, demand, demand_kept, rolled, settle
from lab.errors import LabError, TimeUpError
from lab.hosts import polling_yaml
from lab.phases import align, seeded
from lab.progress import Progress
from lab.settings import METERS, CloudName, cloud_named
from lab.waiting import until

SEEDS = {True: (1, 2, 3, 4, 5), False: (6, 7, 8, 9, 10)}
SHORT_SEEDS = {True: (1,), False: ()}
IN_SHORT = (1, 4)
NEW_METERS = {
    "explicit": (*METERS, "hardware.memory.used"),
    "wildcard": ("*", *(f"!{name}" for name in ("hardware.disk.*", "hardware.network.*"))),
}
SHORT_NEW = {"explicit": NEW_METERS["explicit"]}

Scenario = Callable[[Checks, Progress], list[Rolled]]


def run(short: bool, parts: Sequence[int]) -> bool:  # noqa: FBT001 - how it was asked for
    """Run the scenarios (or those of these numbers); gives whether every demand was met."""
    checks, rows, progress = Checks("partial", short=short), list[Rolled](), Progress()
    print("real Ceilometer with the lab's adjustments (docs/reference/lab.md)")
    for number in parts or (IN_SHORT if short else sorted(SCENARIOS)):
        print(f"scenario {number}: {SCENARIOS[number].__doc__}")
        rows += SCENARIOS[number](checks, progress)
    print(HEAD)
    for row in rows:
        print(row.row())
    return checks.tell()


def same_pollsters(checks: Checks, progress: Progress) -> list[Rolled]:
    """16.0.1 to 17.0.2, one group, aligned and random phases by seed."""
    found = []
    for aligned, seeds in (SHORT_SEEDS if checks.short else SEEDS).items():
        for seed in seeds:
            lab = bed(cloud_named(CloudName.COORDINATED), progress)
            names = [host.name for host in lab.hosts]
            try:
                align(lab, seeded(seed, names, aligned=aligned), progress)
            except LabError as busy:
                if not checks.short:  # it demands nothing of polls, and need not fail on a start
                    raise
                progress.say(f"{busy}: going on with the phases as they are")
            settle(lab, progress)
            kind = "aligned" if aligned else "random"
            ran = rolled(lab, f"1 {kind} seed {seed}", progress)
            demand(checks, ran, doubled_most=0 if aligned else None)
            found.append(ran)
    return found


def new_pollsters(checks: Checks, progress: Progress) -> list[Rolled]:
    """16.0.1 to 17.0.2, new pollsters by polling.yaml: explicit lists, then a wildcard."""
    found = []
    for kind, meters in (SHORT_NEW if checks.short else NEW_METERS).items():
        lab = bed(cloud_named(CloudName.COORDINATED), progress)
        settle(lab, progress)
        file = lab.root / "new-polling.yaml"
        file.write_text(polling_yaml(lab.hosts[0], meters))
        more = ("--only", "polling", "--new-polling", str(file))
        ran = rolled(lab, f"2 {kind}", progress, *more)
        demand_kept(checks, ran)
        polls = ran.account.polls
        missed, doubled = (
            sum(getattr(one, kind) for one in polls) for kind in ("missed", "doubled")
        )
        checks.demand_time(f"{ran.name}: old meters missed", missed == 0, missed)
        checks.demand_time(f"{ran.name}: old meters doubled", doubled == 0, doubled)
        found.append(ran)
    return found


def collectors_and_agents(checks: Checks, progress: Progress) -> list[Rolled]:
    """9.0.6 to 9.0.7, collectors and notification agents, workload_partitioning off."""
    lab = bed(cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7"), progress)
    settle(lab, progress)
    ran = rolled(lab, "3 not partitioned", progress, "--only", "collector,notification")
    demand_rolled(checks, ran)
    return [ran]


def one_pipeline(checks: Checks, progress: Progress) -> list[Rolled]:
    """9.0.6 to 9.0.7, collectors and notification agents, partitioned, the same pipeline."""
    lab = bed(cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7", partitioned=True), progress)
    settle(lab, progress)
    ran = rolled(lab, "4 partitioned", progress, "--only", "collector,notification")
    demand_rolled(checks, ran)
    return [ran]


def changed_pipeline(checks: Checks, progress: Progress) -> list[Rolled]:
    """The same with a sink renamed, and a sink with a transformer added: old agents first."""
    lab = bed(cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7", partitioned=True), progress)
    settle(lab, progress)
    new = ("--new-pipeline", str(sinks.changed_pipeline(lab)))
    ran = rolled(lab, "5 changed pipeline", progress, "--only", "collector,notification", *new)
    demand_rolled(checks, ran)
    when, sent = sinks.moments(lab), list(traffic.sent(lab.sent_log))

    def look() -> sinks.AddedRows:
        return sinks.added_rows(sent, sinks.stored_rows(lab), when)

    with contextlib.suppress(TimeUpError):
        until(lambda: look().right, "every row of the added sink is there", 30, every=1)
    found = look()
    checks.demand(f"{ran.name}: {sinks.ADDED} expected", found.expected > 0, found.expected)
    checks.demand(f"{ran.name}: {sinks.ADDED} missing", not found.missing, len(found.missing))
    checks.demand(f"{ran.name}: {sinks.ADDED} twice", not found.twice, len(found.twice))
    early = f"{len(found.early)} (of {found.rows} rows)"
    checks.demand(f"{ran.name}: {sinks.ADDED} before the reload", not found.early, early)
    left = sinks.left_in_old_sink(lab)
    empty = bool(left) and not any(left.values())
    checks.demand(f"{ran.name}: queues of the old sink empty", empty, f"{len(left)} queues")
    return [ran]


def own_groups(checks: Checks, progress: Progress) -> list[Rolled]:
    """8.1.5 to 9.0.7: rings and groups that cannot be shared."""
    lab = bed(cloud_named(CloudName.CLASSIC), progress)
    settle(lab, progress)
    ran = rolled(lab, "6 8.1.5 to 9.0.7", progress)
    demand(checks, ran)
    return [ran]


def unusual_order(checks: Checks, progress: Progress) -> list[Rolled]:
    """9.0.6 to 9.0.7 in an unusual but legal order, collectors beside on one host."""
    lab = bed(cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7"), progress)
    settle(lab, progress)
    order = ("--order", "api,notification,collector", "--only", "api,notification,collector")
    ran = rolled(lab, "7 order", progress, *order, "--policy", "collector=surge")
    demand_rolled(checks, ran)
    return [ran]


def full_path(checks: Checks, progress: Progress) -> list[Rolled]:
    """The full path on the coordinated cloud: all down, one alone, then the others join."""
    lab = bed(cloud_named(CloudName.COORDINATED), progress)
    settle(lab, progress)
    ran = rolled(lab, "8 full path, one group", progress, path="full")
    checks.demand(f"{ran.name}: exit code", ran.code == 0, ran.code)
    checks.demand(f"{ran.name}: missing", not ran.account.missing, len(ran.account.missing))
    checks.demand(f"{ran.name}: twice", not ran.account.twice, len(ran.account.twice))
    return [ran]


def demand_rolled(checks: Checks, ran: Rolled) -> None:
    """What is demanded where polling agents are left alone: exit code, notifications, polls."""
    checks.demand(f"{ran.name}: exit code", ran.code == 0, ran.code)
    found = ran.account
    lost = f"{len(found.missing)} of {found.sent}"
    checks.demand(f"{ran.name}: missing", not found.missing, lost)
    checks.demand(f"{ran.name}: twice", not found.twice, len(found.twice))
    missed, doubled = ran.figure("missed"), ran.figure("doubled")
    checks.demand_time(f"{ran.name}: polls missed", missed == 0, f"{missed} of {ran.due}")
    checks.demand_time(f"{ran.name}: doubled", doubled == 0, doubled)


SCENARIOS: Mapping[int, Scenario] = {
    1: same_pollsters,
    2: new_pollsters,
    3: collectors_and_agents,
    4: one_pipeline,
    5: changed_pipeline,
    6: own_groups,
    7: unusual_order,
    8: full_path,
}
