"""What a unit's definition says: which program of which release, with which options."""

from __future__ import annotations

import argparse
import configparser
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from ceilift.component import Component
from ceilift.probe.records import File
from ceilift.state import Restart

PROGRAMS = {
    "ceilometer-collector": Component.COLLECTOR,
    "ceilometer-agent-notification": Component.NOTIFICATION,
    "ceilometer-polling": Component.POLLING,
    "ceilometer-agent-central": Component.POLLING,
    "ceilometer-agent-compute": Component.POLLING,
    "ceilometer-agent-ipmi": Component.POLLING,
    "ceilometer-api": Component.API,
}
DEFAULT_NAMESPACES = ("compute", "central")  # ceilometer/cmd/polling.py: the option's default
OFF = frozenset({"false", "off", "no", "0"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A unit as its file defines it. `program` is the full path of what it starts.

    `arguments` follow it, joined by blanks: by them a process can be told to be the unit's while
    its process manager names no pid (as supervisor does while it starts or stops one).
    """

    unit: str
    component: Component
    program: str
    arguments: str
    namespaces: tuple[str, ...]
    restart: Restart
    hash_seed_fixed: bool
    configs: tuple[str, ...]


def supervised(files: Mapping[str, File]) -> tuple[Definition, ...]:
    """Every Ceilometer program that supervisor's files define."""
    found = []
    for name, file in files.items():
        if not name.endswith((".conf", ".ini")):
            continue
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(file.text)
        except configparser.Error:
            continue
        for section in parser.sections():
            kind, _, unit = section.partition(":")
            if kind == "program":
                found += _program(unit, dict(parser[section]))
    return tuple(found)


def _program(unit: str, options: Mapping[str, str]) -> list[Definition]:
    restart = (
        Restart.PREVENTED if options.get("autostart", "true").lower() in OFF else Restart.ENABLED
    )
    environment = options.get("environment", "")
    return definition(unit, options.get("command", ""), environment, restart)


def definition(unit: str, command: str, environment: str, restart: Restart) -> list[Definition]:
    """The definition a command line amounts to; none when it starts nothing of Ceilometer."""
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    for index, word in enumerate(words):
        component = PROGRAMS.get(word.rpartition("/")[2])
        if component is not None:
            options = _options(words[index + 1 :])
            namespaces = tuple(options.polling_namespaces or DEFAULT_NAMESPACES)
            return [
                Definition(
                    unit,
                    component,
                    word,
                    " ".join(words[index + 1 :]),
                    namespaces if component is Component.POLLING else (),
                    restart,
                    seed_is_fixed(environment),
                    tuple(options.config_file or ()),
                )
            ]
    return []


def seed_is_fixed(environment: str) -> bool:
    """Whether PYTHONHASHSEED is given and is not `random`."""
    for word in environment.replace(",", " ").split():
        name, _, value = word.partition("=")
        if name.strip("\"'") == "PYTHONHASHSEED":
            return value.strip("\"'") not in ("", "random")
    return False


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--polling-namespaces", nargs="+")
    parser.add_argument("--config-file", action="append")
    try:
        return parser.parse_known_args(words)[0]
    except argparse.ArgumentError:
        return argparse.Namespace(polling_namespaces=None, config_file=None)
