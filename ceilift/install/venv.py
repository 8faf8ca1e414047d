"""Stages a release in a virtual environment of its own on a host, and verifies it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ceilift.errors import CeiliftError, StepFailedError, TransientError, UnreachableError
from ceilift.host_files import STAGE_FREE_MB
from ceilift.install.requirements import Requirements
from ceilift.install.scripts import STAGE, VERIFY
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import Host
from ceilift.release import Release
from ceilift.remote.act import Actor
from ceilift.remote.shell import Result, Shell
from ceilift.scrub import scrubbed

VERIFY_S = 120.0
SHOWN = 5
NOT_OURS = 10
TROUBLE = {
    11: "there is too little room",
    12: "the virtual environment could not be made",
    13: "pip could not install the list",
}


@dataclass(frozen=True, slots=True)
class Staged:
    """How it stands with a release on one host.

    `ready`: it is there and whole, and what its agents start with imports. `done` says what was
    found or done, in words; `problem` what is wrong with it.
    """

    host: str
    ready: bool
    done: str
    problem: str = ""


def stage(
    actor: Actor, shell: Shell, inventory: Inventory, release: Release, wanted: Requirements
) -> Staged:
    """Install the release beside what runs, unless it is there, and verify it.

    A folder that was not staged by this list is never touched: then it is only verified. Whatever
    goes wrong is told in the result. A release that was begun and not finished is gone on with.
    """
    try:
        there = _found(shell, inventory, release, wanted)
        if there.ready or actor.dry:
            return there
        result = _install(actor, shell, inventory, release.version, wanted)
        if not result.ok and result.code != NOT_OURS:
            what = TROUBLE.get(result.code, f"it ended with {result.code}")
            return _not(shell, f"{what}: {_last(result)}")
        after = verify(shell, inventory, release, wanted)
    except CeiliftError as error:
        return _not(shell, str(error))
    done = "left as it was found" if result.code == NOT_OURS else "staged"
    return Staged(shell.host, after.ready, done, after.problem)


def _found(shell: Shell, inventory: Inventory, release: Release, wanted: Requirements) -> Staged:
    """What is there; an environment that was begun and does not work yet is as good as none."""
    try:
        return verify(shell, inventory, release, wanted)
    except StepFailedError as error:
        if isinstance(error, TransientError | UnreachableError):
            raise
        return _not(shell, str(error))


def _not(shell: Shell, problem: str) -> Staged:
    return Staged(shell.host, ready=False, done="not staged", problem=problem)


def _last(result: Result) -> str:
    return scrubbed(" | ".join(result.stderr.strip().splitlines()[-3:]))


def verify(shell: Shell, inventory: Inventory, release: Release, wanted: Requirements) -> Staged:
    """Whether all of the list is there, and what the host's agents start with imports.

    Files of Ceilometer that differ from their checksums are told and are no fault: operators patch.
    Raises UnreachableError or TransientError, and StepFailedError where its Python does not work.
    """
    host = inventory.host(shell.host)
    folder = inventory.path(inventory.install.path, host, release=release.version)
    known = release.scripts.value
    scripts = sorted({known[role.component] for role in host.roles if role.component in known})
    script = (
        '[ -x "$1/bin/python" ] || exit 0; python=$1/bin/python; shift; '
        'exec "$python" -I - "$@" <<\'CEILIFT_END\'\n' + VERIFY + "CEILIFT_END\n"
    )
    words = (folder, json.dumps(wanted.pinned), *scripts)
    result = shell.run(script, *words, timeout_s=VERIFY_S)
    if not result.ok:
        what = f"{host.name}: {folder} could not be verified: {_last(result)}"
        raise StepFailedError(what, host=host.name)
    if not result.stdout.strip():
        return Staged(host.name, ready=False, done="not there", problem=f"{folder} holds no Python")
    return _judged(host, release.version, json.loads(result.stdout))


def _judged(host: Host, release: str, found: Mapping[str, Any]) -> Staged:
    problems = []
    if found["release"] != release:
        problems.append(f"it holds ceilometer {found['release'] or 'none'}, not {release}")
    others = [f"{name} {version or 'missing'}" for name, version in sorted(found["other"].items())]
    if others:
        problems.append(f"{len(others)} packages are not as listed: {_some(others)}")
    faults = sorted(found["faults"].items())
    problems += [f"{script} does not start: {why}" for script, why in faults]
    if problems:
        return Staged(host.name, ready=False, done="there", problem="; ".join(problems))
    done = "there and whole"
    if changed := found["changed"]:
        done = f"there; files of Ceilometer are not as they were built: {_some(changed)}"
    return Staged(host.name, ready=True, done=done)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def _install(
    actor: Actor, shell: Shell, inventory: Inventory, release: str, wanted: Requirements
) -> Result:
    install, host = inventory.install, inventory.host(shell.host)
    folder = inventory.path(install.path, host, release=release)
    script = STAGE.replace(
        'cat >"$folder/.ceilift-requirements.txt"\n',
        "cat >\"$folder/.ceilift-requirements.txt\" <<'CEILIFT_END'\n"
        + wanted.text.rstrip()
        + "\nCEILIFT_END\n",
    )
    words = (folder, wanted.digest, install.python, str(STAGE_FREE_MB), *install.pip)
    return actor.act(
        shell,
        f"stage/{host.name}",
        f"install ceilometer {release} in {folder}",
        script,
        *words,
        timeout_s=install.timeout_s,
    )
