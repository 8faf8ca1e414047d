"""What a host's sudoers file has to allow, so that Ceilift may do there what the inventory asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ceilift.inventory import Inventory
from ceilift.inventory_hosts import BESIDE_SUFFIX, Host
from ceilift.remote.command import Way, shell_of
from ceilift.remote.login import Login

ROOT = "root"
FOLDERS = ("/bin", "/usr/bin")  # one and the same on most hosts; sudo compares what it finds
SPECIAL = re.compile(r"[][\\,:=#*?!]")
HEAD = """\
# Ceilift on {host}: what {user} may do there as root, and nothing else.
# Put it into /etc/sudoers.d/ceilift, owned by root, mode 0440; look first: visudo -cf FILE
#
# This is root. The command is one, its script comes on standard input: whoever can log in as
# {user} can do everything here. A list of commands would be no less: who writes the definitions
# of units decides what root starts. Guard that login's key as you guard root's.
#
# Input and output are not logged by sudo: they hold scripts with a password, and configuration
# files.
"""
NONE_AS_ROOT = "# {host}: Ceilift logs in as root there, and needs no sudo.\n"
NONE_WITHOUT = """\
# {host}: Ceilift works as {user} there and never calls sudo (no `become`).
# What {user} has to be able to write:
"""


@dataclass(frozen=True, slots=True)
class Sudoers:
    """Of one host: who logs in, whether sudo is called at all, and the text of the file."""

    host: str
    user: str
    needed: bool
    text: str


def sudoers(inventory: Inventory, host: Host, login: Login) -> Sudoers:
    """The file for that host; where none is needed only comments that say why, and what instead."""
    if login.user == ROOT:
        return Sudoers(host.name, ROOT, needed=False, text=NONE_AS_ROOT.format(host=host.name))
    if login.become is None:
        lines = [NONE_WITHOUT.format(host=host.name, user=login.user)]
        lines += [f"#   {place}\n" for place in places(inventory, host)]
        return Sudoers(host.name, login.user, needed=False, text="".join(lines))
    return Sudoers(host.name, login.user, needed=True, text=_file(host, login))


def places(inventory: Inventory, host: Host) -> tuple[str, ...]:
    """Files and folders of the host that an upgrade by that inventory writes."""
    return tuple(dict.fromkeys(_places(inventory, host)))


def _places(inventory: Inventory, host: Host) -> Iterator[str]:
    release = PurePosixPath(inventory.path(inventory.install.path, host, release="RELEASE"))
    yield f"{release.parent}/ (release folders)"
    for role in host.roles:
        if inventory.services.definition:
            definition = inventory.services.definition
            for unit in (role.unit_name, f"{role.unit_name}{BESIDE_SUFFIX}"):
                yield inventory.path(definition, host, unit=unit)
    main = PurePosixPath(inventory.path(inventory.config.main, host))
    yield f"{main.parent}/ (polling and pipeline files, ceilift/)"
    if inventory.wsgi is not None:
        yield inventory.path(inventory.wsgi.config, host)
    database = inventory.database
    if database is not None and database.backup.host == host.name:
        yield f"{database.backup.folder}/ (dumps)"
    yield "~/.ceilift/ (the fence)"
    yield f"and the control of {inventory.services.backend}"


def _file(host: Host, login: Login) -> str:
    """With a password where the inventory has one: then sudo goes on asking for it."""
    asks = login.become is not None and login.become.password is not None
    way, tag = (Way.SUDO_PASSWORD, "PASSWD") if asks else (Way.SUDO, "NOPASSWD")
    commands = [f"{folder}/sh -c {_literal(shell_of(way))} sh *" for folder in FOLDERS]
    commands += [f'{folder}/true ""' for folder in FOLDERS]
    alias = ", \\\n  ".join(commands)
    return (
        HEAD.format(host=host.name, user=login.user)
        + f"Cmnd_Alias CEILIFT = {alias}\n"
        + "Defaults!CEILIFT !log_input, !log_output, !requiretty\n"
        + f"{login.user} ALL=(root) {tag}: CEILIFT\n"
    )


def _literal(text: str) -> str:
    """The text for a sudoers file: what its parser or its patterns would take is escaped."""
    return SPECIAL.sub(lambda found: f"\\{found[0]}", text)
