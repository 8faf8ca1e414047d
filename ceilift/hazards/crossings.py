"""Traps of a boundary between releases: what fails or goes silent behind it, or means another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from packaging.version import InvalidVersion, Version

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, labels, places_of, several, warning
from ceilift.plan_files import FileKind
from ceilift.pollster_change import new_sources
from ceilift.pollsters import matched


@dataclass(frozen=True, slots=True)
class Crossing:
    """A trap that every upgrade over that boundary meets: to `series` or later, from before it.

    What it depends on may stand in files that were not read, so the operator has to look.
    `options` are what it is about. Where the options that are set are known, it is told only where
    they are as `told_where` says on some host; never of hosts that set `cure`.
    """

    id: str
    series: int
    what: str
    where: str
    why: str
    remedy: str
    options: tuple[str, ...] = ()
    told_where: Literal["", "one is set", "none is set"] = ""
    cure: str = ""


UNITS, BATCHES = "T19", "T20"
BATCH_SIZE, BATCH_TIMEOUT = "[notification] batch_size", "[notification] batch_timeout"
OLDEST_SECRET = "[publisher_rpc] metering_secret"  # noqa: S105 - the name of an option
TOLD = (
    Crossing(
        "T17",
        27,
        "the older name of the messages' secret (metering_secret, in any section) is no longer "
        "read: agents then sign with the default secret, without a word",
        "ceilometer.conf",
        "release notes of 27.0; ceilometer/publisher/utils.py",
        "Rename it to [publisher] telemetry_secret, on all hosts",
        ("[DEFAULT] metering_secret", "[publisher] metering_secret", OLDEST_SECRET),
        "one is set",
        "[publisher] telemetry_secret",
    ),
    Crossing(
        "T18",
        27,
        "[compute] fetch_extra_metadata is off unless it is set: user metadata (metering.*) vanish "
        "from samples, which Prometheus, Aodh and Heat may look for",
        "ceilometer.conf",
        "release notes of 27.0; ceilometer/compute/discovery.py",
        "Set it to true where something reads these metadata",
        ("[compute] fetch_extra_metadata",),
        "none is set",
    ),
    Crossing(
        UNITS,
        26,
        "units of meters change (MB is MiB, GB is GiB): while old and new agents run side by side, "
        "samples of both units arrive",
        "consumers of samples",
        "ceilift releases diff lists the meters",
        "Let consumers aggregate without the unit, or take both",
    ),
    Crossing(
        BATCHES,
        18,
        "[notification] batch_size takes effect again, with a default of 1 in place of 100",
        "ceilometer.conf",
        "the option took no effect from 12.0 to 17.x (ceilometer/notification.py)",
        "Set batch_size and batch_timeout where notification agents have much to do",
        (BATCH_SIZE, BATCH_TIMEOUT),
    ),
)
POLLING_FILE, NO_TRANSFORMERS = 10, 12
UPGRADE_RETRIES = 10  # the series from which its ceilometer-upgrade tries again
BALANCERS = (Version("11.1"), Version("18.99"))  # releases that made the type loadbalancer
NEW_BALANCER = 26
EVALUATES = 25


def boundaries(old: int, new: int) -> tuple[str, ...]:
    """The traps that every upgrade from one series to another meets, by their ids."""
    return tuple(one.id for one in TOLD if old < one.series <= new)


def told(case: Case) -> Iterator[Finding]:
    """T17 to T20: the boundaries that are crossed, each with what to look for."""
    for one in TOLD:
        if _crosses(case, one.series) and (where := _concerned(case, one)):
            here = HERE[one.id](case) if one.id in HERE else ""
            yield warning(one.id, one.what + here, where, one.why, one.remedy)


def options_told(case: Case) -> frozenset[str]:
    """The options of which the traps of this case tell: nothing else need be said of them."""
    crossed = (one for one in TOLD if _crosses(case, one.series))
    return frozenset(name for one in crossed for name in one.options)


def no_polling_file(case: Case) -> Iterator[Finding]:
    """T12: from 10.0 on a polling agent without polling.yaml ends as it starts."""
    if case.situation.target.series < POLLING_FILE or case.situation.request.file(FileKind.POLLING):
        return
    places = [
        place
        for place in case.starting(Component.POLLING)
        if place.config is not None and not place.config.polling_file
    ]
    if places:
        yield blocker(
            "T12",
            f"there is no polling.yaml on {labels(places)}: polling agents of {case.to} would end "
            "at once",
            labels(places),
            "until 9.x they fall back to pipeline.yaml; the package brings the file, and does not "
            "install it (ceilometer/polling/manager.py)",
            "Put one on the hosts, or give it with --new-polling",
        )


def transformers(case: Case) -> Iterator[Finding]:
    """T21: from 12.0 on transformers are not there any more: meters that they make vanish."""
    if not _crosses(case, NO_TRANSFORMERS):
        return
    places = case.situation.places[Component.NOTIFICATION]
    before = [(place, place.before.config.pipelines) for place in places if place.before]
    using = {
        place: pipe.name
        for place, pipes in before
        if pipes is not None
        for pipe in pipes.pipes
        if pipe.transformers
    }
    if using:
        yield warning(
            "T21",
            f"pipes with transformers ({several(sorted(set(using.values())))}): what they make "
            f"(cpu_util, *.rate) is made no more by {case.to}",
            labels(list(using)),
            "transformers were removed in 12.0",
            "Let Gnocchi aggregate rates, and take the transformers out of pipeline.yaml",
        )


def gnocchi_first(case: Case) -> Iterator[Finding]:
    """T13 and T14: the target's own types have to be in Gnocchi before its agents publish."""
    inventory = case.situation.inventory
    if inventory.store != "gnocchi" or inventory.database is not None or case.is_empty:
        return
    wait = " --retry 10" if case.situation.target.series >= UPGRADE_RETRIES else ""
    yield warning(
        "T13",
        f"agents of {case.to} publish attributes and resource types that Gnocchi may not have yet: "
        "it turns such samples away, and the publisher drops them",
        "inventory: store",
        "ceilometer/publisher/gnocchi.py; without --retry ceilometer-upgrade of 10.0 and later "
        "tries for ever while Gnocchi is down (T14)",
        f"Run ceilometer-upgrade{wait} of {case.to} before you approve, from one host",
    )


def evaluated(case: Case) -> Iterator[Finding]:
    """T23: from 25.0 on an agent evaluates a text of its polling file as Python."""
    if case.situation.target.series < EVALUATES:
        return
    places = [
        place
        for place in case.starting(Component.POLLING)
        if any(one.group_expression for one in new_sources(case.situation, place))
    ]
    what = (
        f"agents of {case.to} evaluate group_id_coordination_expression of the polling file as "
        "Python; Ceilift does not, so the groups of these sources are not known"
    )
    why = "ceilometer/polling/manager.py, eval (commit 4f0bec177, from 25.0 on)"
    remedy = "See who may write that file: what stands there runs as the agents' account"
    if places and _crosses(case, EVALUATES):
        more = f"{what}. Older agents pass over it: they share these sources otherwise"
        yield warning("T23", more, labels(places), why, remedy)
    elif places:
        yield info("T23", what, labels(places), why, remedy)


def balancer_type(case: Case) -> Iterator[Finding]:
    """T15: the type loadbalancer that 11.1 to 18.x have made lacks what 26.0 publishes."""
    inventory = case.situation.inventory
    if inventory.store != "gnocchi" or case.situation.target.series < NEW_BALANCER:
        return
    made = [name for name in case.plan.releases if _within(name, *BALANCERS)]
    if made and not case.is_empty:
        yield warning(
            "T15",
            f"{several(made)} made the resource type loadbalancer in Gnocchi; {case.to} publishes "
            "other attributes of it, and its ceilometer-upgrade leaves a type that is there alone",
            "Gnocchi",
            "ceilometer/gnocchi_client.py: create is skipped for a type that exists",
            "Compare the type in Gnocchi with the target's, and add the attributes by hand",
        )


def _concerned(case: Case, one: Crossing) -> str:
    """Where the trap is met; "" where the files of the hosts show that it is not."""
    if not (one.told_where and case.configs):
        return one.where
    having = set(case.set_in(*one.options))
    if one.told_where == "none is set":
        hosts = {host for _, host in having}
        read = ((config.path, host) for config, on in case.configs.items() for host in on)
        having = {place for place in read if place[1] not in hosts}
    cured = {host for _, host in case.set_in(one.cure)}
    met = [place for place in having if place[1] not in cured]
    return places_of(met) if met else ""


def _units(case: Case) -> str:
    """The meters concerned: those that polling agents here poll, and those of notifications."""
    new = case.package
    sources = [one for _, config in case.polling for one in config.polling_sources]
    if new is None:
        return ""
    changed = {
        name
        for old in case.packages_before
        for name, unit in old.units.items()
        if new.units.get(name, unit) != unit
    }
    polled = matched(changed, sources)
    made = changed & {*new.definitions.get("notification_meters", ())}
    named = (*sorted(polled), *sorted(made - polled))
    return f". Here: {several(named)}" if named and sources else ""


def _batches(case: Case) -> str:
    """A size without a timeout: an agent waits for so many messages, however long that takes."""
    timed = {host for _, host in case.set_in(BATCH_TIMEOUT)}
    open_ = [place for place in case.set_in(BATCH_SIZE) if place[1] not in timed]
    where = f". Here batch_size is set, and batch_timeout is not ({places_of(open_)}): "
    return f"{where}an agent waits until so many messages are there" if open_ else ""


HERE: Mapping[str, Callable[[Case], str]] = {UNITS: _units, BATCHES: _batches}


def _crosses(case: Case, series: int) -> bool:
    """Whether something older than the series ran, and the target is of it or later."""
    if case.situation.target.series < series or case.is_empty:
        return False
    return any(
        _within(name, Version("0.1"), Version(f"{series - 1}.99")) for name in case.plan.releases
    )


def _within(release: str, first: Version, last: Version) -> bool:
    try:
        return first <= Version(release) <= last
    except InvalidVersion:
        return False
