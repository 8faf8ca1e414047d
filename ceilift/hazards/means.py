"""Rules about what a release needs of a host: a Python, packages, room on its disk, memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, several, warning
from ceilift.host_files import STAGE_FREE_MB, IndexSeen
from ceilift.plan import Action
from ceilift.state import HostState

MB = 1024 * 1024
AGENT_MB = 172  # a master of 69 and a worker of 103, the most that was measured


def python_unfit(case: Case) -> Iterator[Finding]:
    """The release is not installed there, and the host's Python cannot run it."""
    wanted = _wanted(case)
    unfit: dict[str, list[str]] = {}
    for host in _without_target(case):
        if host.means.python and wanted is not None and host.means.python not in wanted:
            unfit.setdefault(host.means.python, []).append(host.name)
    for version, hosts in sorted(unfit.items()):
        name = case.situation.inventory.install.python
        yield warning(
            "python-unfit",
            f"{name} is Python {version}, and {case.to} needs {wanted}: it cannot be installed",
            several(hosts),
            f"Requires-Python of the package of {case.to}",
            "Install a newer Python beside it, and name it in the inventory: install.python",
        )


def no_venv(case: Case) -> Iterator[Finding]:
    """The release is not installed there, and the host's Python cannot make an environment."""
    hosts = [host.name for host in _without_target(case) if host.means.venv is False]
    if hosts:
        yield warning(
            "venv-missing",
            f"{case.situation.inventory.install.python} lacks venv or ensurepip: no environment of "
            f"{case.to} can be made with it",
            several(hosts),
            "ceilift stage makes one by `python -m venv`; Debian keeps that in its own package",
            "Install it there: apt-get install python3-venv; or name another in the inventory: "
            "install.python",
        )


def no_index(case: Case) -> Iterator[Finding]:
    """The release is not installed there, is installed by us, and pip finds none of it."""
    found: dict[IndexSeen, list[str]] = {}
    for host in _without_target(case) if case.situation.inventory.install.requirements else ():
        if host.means.index is not None and not host.means.index.answers:
            found.setdefault(host.means.index, []).append(host.name)
    for index, hosts in found.items():
        asked = f" on {several(index.hosts)}" if index.hosts else ""
        yield blocker(
            "package-index",
            f"pip finds no Ceilometer{asked}: {index.problem}; ceilift stage cannot install "
            f"{case.to}",
            several(hosts),
            "asked there as ceilift stage installs: by the pip of new environments, with the "
            "host's own configuration and install.pip",
            "Let the host reach it (its pip.conf, proxy, firewall), name another (install.pip: "
            "[--index-url, URL]), or put the release there by other means",
        )


def install_space(case: Case) -> Iterator[Finding]:
    """The release is not installed there, and there is too little room for it."""
    short = {
        host.name: room
        for host in _without_target(case)
        if (room := host.means.install_free_bytes) is not None and room < STAGE_FREE_MB * MB
    }
    if short:
        least = min(short.values()) / MB
        path = case.situation.inventory.install.path.format(root="", release=case.to)
        yield warning(
            "install-space",
            f"{least:.0f} MB are free for {path}; ceilift stage wants {STAGE_FREE_MB}",
            several(short),
            "an environment of 17.0.2 takes about 250 MB, and pip needs room to unpack",
            "Make room there, or give another folder in the inventory: install.path",
        )


def memory(case: Case) -> Iterator[Finding]:
    """New agents start beside old ones, and there is too little memory for both."""
    steps = [step for step in case.plan.steps if step.action is Action.BESIDE]
    more = Counter((step.stage, target.host) for step in steps for target in step.targets)
    short = {
        name: free
        for (_, name), count in more.items()
        if (free := _free_memory(case, name)) is not None and free < count * AGENT_MB * MB
    }
    if short:
        yield warning(
            "memory-short",
            f"{min(short.values()) / MB:.0f} MB of memory are free, and new agents run beside the "
            f"old ones for a while: about {AGENT_MB} MB each",
            several(short),
            "measured: a master of 69 MB and a worker of 103 MB, each its own share of memory",
            "Make room there, or replace instead: --policy COMPONENT=replace",
        )


def _wanted(case: Case) -> SpecifierSet | None:
    """Which Pythons the target runs on; None where its package does not say it as a rule."""
    try:
        return SpecifierSet(case.package.python) if case.package else None
    except InvalidSpecifier:
        return None


def _without_target(case: Case) -> Iterator[HostState]:
    """The hosts on which a step needs the target, and which have not got it."""
    needing = {target.host for step in case.plan.steps for target in step.targets}
    for name in sorted(needing):
        seen = case.situation.seen.get(name)
        if seen is not None and seen.reachable and case.to not in seen.installed:
            yield seen


def _free_memory(case: Case, host: str) -> int | None:
    seen = case.situation.seen.get(host)
    return seen.means.memory_available_bytes if seen else None
