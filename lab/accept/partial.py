"""The partial path on real Ceilometer: scenarios, each with its demands and a line of figures."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lab import traffic
from lab.accept import sinks
from lab.accept.api_load import asked_steadily
from lab.accept.bed import bed
from lab.accept.checks import Checks
from lab.accept.kept import clean_commit, kept_results
from lab.accept.rolling import HEAD, Rolled, demand, demand_kept, rolled, settle
from lab.clouds import METERS, Cloud, CloudName, cloud_named
from lab.errors import LabError, TimeUpError
from lab.hosts import polling_yaml
from lab.phases import align, seeded
from lab.progress import Progress
from lab.settings import Lab, the_lab
from lab.waiting import until

SEEDS = {True: (1, 2, 3, 4, 5), False: (6, 7, 8, 9, 10)}
SHORT_SEEDS = {True: (1,), False: ()}
IN_SHORT = (1, 2, 5)
TOO_MUCH = (  # what SNMP cannot tell, and what two processors could not poll in an interval
    "hardware.cpu.[!l]*",
    "hardware.cpu.load.15min",
    "hardware.disk.*",
    "hardware.memory.[bcsu]*",
    "hardware.network.*",
    "hardware.system_stats.*",
    "image.*",
    "ip.*",
    "network.*",
    "port*",
    "radosgw.*",
    "storage.*",
    "switch*",
    "volume.*",
)
NEW_METERS = {
    "explicit": (*METERS, "hardware.memory.used"),
    "wildcard": ("*", *(f"!{name}" for name in TOO_MUCH)),
}
SHORT_NEW = {"explicit": NEW_METERS["explicit"]}

PARTITIONED = cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7", partitioned=True)
UNPARTITIONED = cloud_named(CloudName.CLASSIC, "9.0.6,9.0.7")
COORDINATED = cloud_named(CloudName.COORDINATED)
CALM = replace(COORDINATED, pace=2, times=2)
# What a merge doubles is chance: less so where there is more to share, and where no gate may or may
# not end in time for the next member's moment. At 30 s or 40 s it may; polling as much every 20 s,
# twice while agents run beside, is too much for two processors: ticks come seconds late.
MANY = replace(COORDINATED, pace=5, times=8)
API_A_SECOND, API_LEAST = 20.0, 500
CONSUMERS = ("--only", "collector,notification")


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of a scenario: its demands, how it is told, and whether it is the short form."""

    checks: Checks
    progress: Progress

    def lab(self, cloud: Cloud) -> Lab:
        """The lab as that cloud, as new."""
        return bed(cloud, self.progress, polls=1)

    def coordinated(self, calm: Cloud = CALM) -> Lab:
        """The coordinated cloud as new: another one where polls are demanded, not only told."""
        return self.lab(COORDINATED if self.checks.short else calm)

    def rolled(self, lab: Lab, name: str, *more: str, path: str = "partial") -> Rolled:
        """Settle, then upgrade under traffic."""
        settle(lab, self.progress, short=self.checks.short)
        return rolled(lab, name, self.progress, *more, path=path)


Scenario = Callable[[bool], Iterator[tuple[str, Callable[[Bench], Rolled]]]]


def run(short: bool, parts: Sequence[int]) -> bool:  # noqa: FBT001 - how it was asked for
    """Run the scenarios (or those of these numbers); gives whether every demand was met.

    The long form goes on behind what was run at this commit.
    """
    checks, rows, progress = Checks("partial", short=short), list[str](), Progress()
    print("real Ceilometer with the lab's adjustments (docs/reference/lab.md)")
    kept = kept_results(the_lab().root / "accept-partial.jsonl", "" if short else clean_commit())
    for number in parts or (IN_SHORT if short else sorted(SCENARIOS)):
        print(f"scenario {number}: {SCENARIOS[number].__doc__}")
        for name, play in SCENARIOS[number](short):
            made = f"{number} {name}"
            rows.append(
                kept.once(checks, made, lambda own, play=play: play(Bench(own, progress)).row())  # type: ignore[misc] # bound now
            )
            print(rows[-1], flush=True)
    print(HEAD)
    print("\n".join(rows))
    return checks.tell()


def same_pollsters(short: bool) -> Iterator[tuple[str, Callable[[Bench], Rolled]]]:  # noqa: FBT001
    """16.0.1 to 17.0.2, one group, aligned and random phases by seed."""
    for aligned, seeds in (SHORT_SEEDS if short else SEEDS).items():
        kind = "aligned" if aligned else "random"
        for seed in seeds:
            yield f"{kind} seed {seed}", Seeded(seed, aligned=aligned)


@dataclass(frozen=True, slots=True)
class Seeded:
    """Scenario 1 with phases by a seed."""

    seed: int
    aligned: bool

    def __call__(self, bench: Bench) -> Rolled:
        """Align, settle, roll."""
        lab = bench.coordinated()
        phases = seeded(self.seed, lab, aligned=self.aligned)
        try:
            align(lab, phases, bench.progress)
        except LabError as busy:
            if not bench.checks.short:  # it demands nothing of polls: it need not fail on a start
                raise
            bench.progress.say(f"{busy}: going on with the phases as they are")
        ran = bench.rolled(lab, f"1 {'aligned' if self.aligned else 'random'} seed {self.seed}")
        demand(bench.checks, ran, doubled_most=0 if self.aligned else None)
        return ran


def new_pollsters(short: bool) -> Iterator[tuple[str, Callable[[Bench], Rolled]]]:  # noqa: FBT001
    """16.0.1 to 17.0.2, new pollsters by polling.yaml: explicit lists, then a wildcard."""
    for kind in SHORT_NEW if short else NEW_METERS:
        yield kind, NewPollsters(kind)


@dataclass(frozen=True, slots=True)
class NewPollsters:
    """Scenario 2 with one of the polling files."""

    kind: str

    def __call__(self, bench: Bench) -> Rolled:
        """Own group first, merged at the end; the old meters are counted by the lab, too."""
        lab = bench.coordinated(MANY)
        file = lab.root / "new-polling.yaml"
        file.write_text(polling_yaml(lab.cloud, lab.hosts[0], NEW_METERS[self.kind]))
        ran = bench.rolled(lab, f"2 {self.kind}", "--only", "polling", "--new-polling", str(file))
        demand_kept(bench.checks, ran)
        for what in ("missed", "doubled"):
            found = sum(getattr(one, what) for one in ran.account.polls)
            bench.checks.demand_time(f"{ran.name}: old meters {what}", found == 0, found)
        return ran


def collectors_and_agents(bench: Bench) -> Rolled:
    """9.0.6 to 9.0.7, collectors and notification agents, workload_partitioning off."""
    ran = bench.rolled(bench.lab(UNPARTITIONED), "3 not partitioned", *CONSUMERS)
    demand_rolled(bench.checks, ran)
    return ran


def one_pipeline(bench: Bench) -> Rolled:
    """9.0.6 to 9.0.7, collectors and notification agents, partitioned, the same pipeline."""
    ran = bench.rolled(bench.lab(PARTITIONED), "4 partitioned", *CONSUMERS)
    demand_rolled(bench.checks, ran)
    return ran


def changed_pipeline(bench: Bench) -> Rolled:
    """The same with a sink renamed, and a sink with a transformer added: old agents first."""
    lab = bench.lab(PARTITIONED)
    new = ("--new-pipeline", str(sinks.changed_pipeline(lab)))
    ran = bench.rolled(lab, "5 changed pipeline", *CONSUMERS, *new)
    demand_rolled(bench.checks, ran)
    demand_sinks(bench.checks, ran, lab)
    return ran


def own_groups(bench: Bench) -> Rolled:
    """8.1.5 to 9.0.7: rings and groups that cannot be shared."""
    ran = bench.rolled(bench.lab(cloud_named(CloudName.CLASSIC)), "6 8.1.5 to 9.0.7")
    demand(bench.checks, ran)
    return ran


def unusual_order(bench: Bench) -> Rolled:
    """9.0.6 to 9.0.7, the API first and asked all the time, collectors beside."""
    order = ("--order", "api,notification,collector", "--only", "api,notification,collector")
    more, lab = (*order, "--policy", "collector=surge"), bench.lab(UNPARTITIONED)
    with asked_steadily(lab, API_A_SECOND) as api:
        ran = bench.rolled(lab, "7 order", *more)
    demand_rolled(bench.checks, ran)
    told = f"{api.asked}, slowest {api.slowest_s:.1f} s"
    bench.checks.demand(f"{ran.name}: API requests", api.asked >= API_LEAST, told)
    bench.checks.demand(f"{ran.name}: API requests failed", not api.failed, api.failed)
    return ran


def odd_ways(_short: bool) -> Iterator[tuple[str, Callable[[Bench], Rolled]]]:  # noqa: FBT001
    """An unusual order, one component alone, and one host with everything."""
    yield "order", unusual_order
    yield "one component", one_component
    yield "one host", one_host


def one_component(bench: Bench) -> Rolled:
    """9.0.6 to 9.0.7, collectors alone."""
    ran = bench.rolled(bench.lab(UNPARTITIONED), "7 one component", "--only", "collector")
    demand_rolled(bench.checks, ran)
    return ran


def one_host(bench: Bench) -> Rolled:
    """9.0.6 to 9.0.7 on one host: each agent gets its successor beside it."""
    ran = bench.rolled(bench.lab(cloud_named(CloudName.SINGLE)), "7 one host")
    demand(bench.checks, ran)
    return ran


def full_path(bench: Bench) -> Rolled:
    """The full path on the coordinated cloud: all down, one alone, then the others join."""
    ran = bench.rolled(bench.coordinated(), "8 full path, one group", path="full")
    demand(bench.checks, ran)
    return ran


def demand_sinks(checks: Checks, ran: Rolled, lab: Lab) -> None:
    """The added sink leaves one row for each notification since the reload; the old one is read."""
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


def _once(play: Callable[[Bench], Rolled], name: str) -> Scenario:
    """A scenario of one run, the same in the short form."""

    def scenario(_short: bool) -> Iterator[tuple[str, Callable[[Bench], Rolled]]]:  # noqa: FBT001
        yield name, play

    scenario.__doc__ = play.__doc__
    return scenario


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
    3: _once(collectors_and_agents, "not partitioned"),
    4: _once(one_pipeline, "partitioned"),
    5: _once(changed_pipeline, "changed pipeline"),
    6: _once(own_groups, "8.1.5 to 9.0.7"),
    7: odd_ways,
    8: _once(full_path, "full path, one group"),
}
