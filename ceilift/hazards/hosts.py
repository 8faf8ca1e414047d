"""Rules about hosts: whether they answer, what is installed there, what runs there unbidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, labels, several, warning
from ceilift.inventory_hosts import DRAIN_SUFFIX, host_unit
from ceilift.plan import Action
from ceilift.situation import AGENT, by_key
from ceilift.state import HostState

UNKNOWN = "unknown"  # a release that cannot be told
SKEW_S = 2.0  # samples are told old from new by their timestamps
NEEDS_TARGET = {Action.DBSYNC, Action.START, Action.WARM_API, Action.SWITCH_API, Action.START_API}
PROBLEM_IDS = {"host-key": "host-key", "login": "login", "become": "become"}
REMEDIES: Mapping[str, str] = {
    "host-unreachable": "Bring the host back, or set it aside: --without {host} --reason TEXT",
    "host-key": "Find out why the key changed; if it is right, replace it in known_hosts",
    "login": "Mend ssh.user and ssh.key_file of {host} in the inventory, or authorise the key",
    "become": "Allow sudo there, or give become.password for {host} in the inventory",
}


def host_problem(case: Case) -> Iterator[Finding]:
    """A host that takes part was not read: nothing is known of it, so nothing may be done."""
    for host in case.situation.hosts:
        if not case.is_reachable(host.name):
            yield _problem(host.name, case.situation.seen.get(host.name))


def target_not_installed(case: Case) -> Iterator[Finding]:
    """A step needs a release on a host that has not got it."""
    steps = (step for step in case.plan.steps if step.action in NEEDS_TARGET)
    needed = dict.fromkeys(
        (t.host, step.release or case.to) for step in steps for t in step.targets
    )
    for name, release in needed:
        seen = case.situation.seen.get(name)
        if seen is not None and seen.reachable and release not in seen.installed:
            found = ", ".join(seen.installed) or "no release"
            yield blocker(
                "target-not-installed",
                f"release {release} is not installed on {name} (found: {found})",
                name,
                "the upgrade switches between installed releases; it does not install them",
                f"Install {release} on {name}, beside what runs",
            )


def unit_not_defined(case: Case) -> Iterator[Finding]:
    """The inventory wants an agent under a unit its host does not know."""
    for component in (Component.COLLECTOR, Component.NOTIFICATION, Component.POLLING):
        for place in case.starting(component):
            if place.now is None and case.is_reachable(place.host):
                yield blocker(
                    "unit-not-defined",
                    f"unit {place.unit} of the {AGENT[component]} is not defined on {place.host}",
                    place.host,
                    "a unit is pointed at the new release; it is not invented",
                    f"Define {place.unit} on {place.host}, or correct the role's unit",
                )


def api_not_described(case: Case) -> Iterator[Finding]:
    """The API is to be switched, and nobody said which web server serves it."""
    if Action.SWITCH_API in case.actions and case.situation.inventory.wsgi is None:
        yield blocker(
            "unit-not-defined",
            "the inventory has API roles, but no `wsgi` section",
            "inventory: wsgi",
            "the API is switched in the web server's configuration",
            "Describe the web server under `wsgi`, or remove the api roles",
        )


def stray_process(case: Case) -> Iterator[Finding]:
    """An agent runs that no unit knows: nothing could keep it stopped."""
    for one in case.situation.now:
        if one.running and not one.unit and one.component is not Component.API:
            pids = ", ".join(str(pid) for pid in one.pids)
            yield blocker(
                "stray-process",
                f"a {AGENT[one.component]} on {one.host} belongs to no unit (process {pids})",
                one.host,
                "stopped means stopped: its restart could not be prevented",
                f"End it, or bring it under the process manager of {one.host}",
            )


def foreign_host(case: Case) -> Iterator[Finding]:
    """Something runs on a host the inventory does not have."""
    names = {host.name for host in case.situation.inventory.hosts}
    for one in (*case.situation.running_before, *case.situation.now):
        if one.running and one.host not in names:
            yield blocker(
                "host-not-in-inventory",
                f"a {AGENT[one.component]} ran on {one.host}, which the inventory has not",
                one.host,
                "every agent of a kind must be stopped, wherever it runs",
                f"Add {one.host} to the inventory, without roles if it shall run nothing",
            )


def changed_since_start(case: Case) -> Iterator[Finding]:
    """During an open upgrade something came up that is neither the target nor what ran before."""
    before = by_key(case.situation.state.baseline)
    if not before:
        return
    for key, one in by_key(case.situation.now).items():
        was = before.get(key)
        if one.unit.endswith(DRAIN_SUFFIX):  # Ceilift's own, of an old release on purpose
            continue
        if one.running and one.release not in {case.to, was.release if was else None}:
            ran = f"{was.release} ran there" if was and was.release else "none ran there"
            yield blocker(
                "changed-since-start",
                f"a {AGENT[one.component]} of {one.release} runs on {one.host}; {ran} when the "
                "upgrade began",
                one.host,
                "somebody else changes this cloud; the open upgrade does not know that agent",
                f"Stop it and prevent its restart: unit {one.unit} on {one.host}",
            )


def unit_otherwise(case: Case) -> Iterator[Finding]:
    """A unit would start another release than the one that runs under it."""
    if case.situation.state.baseline or case.is_empty:  # an open upgrade changes units itself
        return
    found: dict[tuple[str, str], list[str]] = {}
    for one in case.situation.now:
        runs, starts = one.release, one.defined_release
        if runs in {None, UNKNOWN} or starts in {None, runs} or host_unit(one.unit) != one.unit:
            continue
        found.setdefault((runs or "", starts or ""), []).append(f"{one.unit} on {one.host}")
    for (runs, starts), units in sorted(found.items()):
        yield warning(
            "unit-otherwise",
            f"{runs} runs, and the unit would start {starts}",
            several(units),
            "whatever restarts it before its turn starts another release than is known to run",
            f"Let the unit start {runs} until the upgrade; or restart it, and plan again",
        )


def set_aside(case: Case) -> Iterator[Finding]:
    """A host the operator left out stays open until it is seen at the target or retired."""
    for name, reason in case.situation.aside.items():
        yield warning(
            "set-aside",
            f"{name} is set aside ({reason}): nothing is done there",
            name,
            "its old agents may still run beside the new ones, and no gate can exclude it",
            f"Upgrade or retire {name} afterwards; it is kept open until then",
        )


def clock_skew(case: Case) -> Iterator[Finding]:
    """A host's clock is off by more than gates that compare timestamps can bear."""
    for host in case.situation.hosts:
        seen = case.situation.seen.get(host.name)
        skew = seen.clock_skew_s if seen else None
        if skew is not None and abs(skew) > SKEW_S and not case.is_empty:
            yield warning(
                "clock-skew",
                f"the clock of {host.name} is off by {skew:+.1f} s",
                host.name,
                "gates tell fresh samples from old ones by their timestamps",
                f"Let NTP set the clock of {host.name} first",
            )


def uneven_namespaces(case: Case) -> Iterator[Finding]:
    """A unit polls other namespaces than the inventory says."""
    for place, _ in case.polling:
        seen = place.now or place.before
        if seen and seen.namespaces and set(seen.namespaces) != set(place.namespaces):
            found, said = " and ".join(seen.namespaces), " and ".join(place.namespaces)
            yield warning(
                "namespaces-differ",
                f"the polling agent on {labels([place])} polls {found}; the inventory says {said}",
                place.host,
                "the namespaces stand in the unit's command, which an upgrade keeps",
                "Correct the role in the inventory, or the unit",
            )


def _problem(host: str, seen: HostState | None) -> Finding:
    finding_id = PROBLEM_IDS.get(seen.problem_kind if seen else "", "host-unreachable")
    words = (seen.problem if seen else "") or "it was not looked at"
    return blocker(
        finding_id,
        f"{host} could not be read: {words}",
        host,
        "what runs on a host that was not read is unknown",
        REMEDIES[finding_id].format(host=host),
    )
