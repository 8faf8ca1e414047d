"""Hostile input, seeded: whatever is given, it is taken or refused in words, and never runs.

Names, paths, versions and YAML are spoilt byte by byte and value by value.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ceilift.errors import CeiliftError
from ceilift.inventory_file import parse_inventory
from ceilift.new_files import name_files
from ceilift.plan_files import FileKind
from ceilift.plan_json import plan_from_json, state_from_json
from ceilift.policy import policy_from_text
from ceilift.release import load_catalogue
from ceilift.remote.command import Way, command_line
from lab.accept.checks import Checks
from lab.settings import REPOSITORY

SEED, INPUTS, IN_SHORT, SHELLS = 5, 50_000, 10_000, 300
HOSTILE: tuple[Any, ...] = (
    "",
    " ",
    "$(touch {trap})",
    "`touch {trap}`",
    "; touch {trap} #",
    "' ; touch {trap} ; '",
    '" ; touch {trap} ; "',
    "a\nb\n",
    "\x00",
    "\u202e\u0000x",
    "../../../../etc/passwd",
    "-oProxyCommand=touch {trap}",
    "--help",
    "a" * 70_000,
    "\ud83d\ude00",
    "{0.__class__}",
    "%s%n%x",
    "!!python/object/apply:os.system ['touch {trap}']",
    None,
    True,
    -1,
    10**40,
    1e308,
    float("nan"),
    [],
    {},
    [[[[]]]],
    {"a": {"b": {}}},
)
Take = Callable[[str], object]


@dataclass
class Fuzzed:
    """What came of the inputs so far."""

    taken: int = 0
    refused: int = 0
    tracebacks: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many there were."""
        return self.taken + self.refused + len(self.tracebacks)

    def give(self, take: Take, text: str) -> None:
        """One input, and what became of it."""
        try:
            take(text)
        except (CeiliftError, ValueError) as told:
            if isinstance(told, ValueError) and take is not _policy:
                self.tracebacks.append(_told(take, text))
            else:
                self.refused += 1
        except Exception:  # noqa: BLE001 - whatever it is, a user would see it
            self.tracebacks.append(_told(take, text))
        else:
            self.taken += 1


def fuzz(checks: Checks, wanted: int) -> None:
    """Give that many, and demand that nothing ends in a traceback and nothing is run."""
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        trap = Path(folder) / "trap"
        found = Fuzzed()
        for take, text in _inputs(chance, trap, wanted):
            found.give(take, text)
        quoted = [_as_given(_hostile(chance, trap)) for _ in range(SHELLS)]
        sprung = trap.exists()
    told = f"{found.inputs} (taken {found.taken}, refused {found.refused})"
    checks.demand("fuzz: inputs", found.inputs >= wanted, told)
    for one in found.tracebacks[:3]:
        print(one)
    checks.demand("fuzz: tracebacks", not found.tracebacks, len(found.tracebacks))
    checks.demand("fuzz: arguments that a shell changed", all(quoted), quoted.count(False))
    checks.demand("fuzz: commands run by input", not sprung, int(sprung))


def _inputs(chance: random.Random, trap: Path, count: int) -> Iterator[tuple[Take, str]]:
    whole = [path.read_text(encoding="utf-8") for path in _inventories()]
    data = [yaml.safe_load(text) for text in whole]
    for number in range(count):
        kind = number % 8
        if kind == 0:
            yield _inventory, _spoilt_bytes(chance, chance.choice(whole))
        elif kind == 1:
            yield _version, str(_hostile(chance, trap))
        elif kind == 2:  # noqa: PLR2004 - one of eight kinds
            yield _policy, _spoilt_bytes(chance, "polling=surge,batch=25%,canary=no")
        elif kind == 3:  # noqa: PLR2004
            yield _polling, _spoilt_bytes(chance, POLLING)
        elif kind == 4:  # noqa: PLR2004
            yield _saved_state, json.dumps(_spoilt(chance, trap, STATE))
        elif kind == 5:  # noqa: PLR2004
            yield _saved_plan, json.dumps(_spoilt(chance, trap, STATE))
        else:
            spoilt = _spoilt(chance, trap, chance.choice(data))
            yield _inventory, yaml.safe_dump(spoilt, allow_unicode=True)


POLLING = "sources: [{name: a, interval: 60, meters: ['*'], resources: [x://y]}]\n"
STATE: Mapping[str, Any] = {
    "schema": 1,
    "cloud": "x",
    "taken_at": "2026-01-01",
    "hosts": [{"name": "ctl1", "installed": ["9.0.7"], "instances": []}],
    "bus": {"reachable": True, "queues": []},
}


def _inventories() -> list[Path]:
    return sorted((REPOSITORY / "deployments" / "inventories").glob("*.yaml"))


def _inventory(text: str) -> object:
    return parse_inventory(text, "cloud.yaml", folder=Path("/nowhere"))


def _version(text: str) -> object:
    return load_catalogue().get(text)


def _policy(text: str) -> object:
    return policy_from_text(text)


def _polling(text: str) -> object:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text.encode("utf-8", "replace").decode())
        file.flush()
        return name_files({FileKind.POLLING: file.name, FileKind.PIPELINE: file.name})


def _saved_state(text: str) -> object:
    return state_from_json(json.loads(text), "state.json")


def _saved_plan(text: str) -> object:
    return plan_from_json(json.loads(text), "plan.json")


def _spoilt(chance: random.Random, trap: Path, data: Any) -> Any:  # noqa: ANN401 - as YAML is
    """The same data with one value, or one key, that somebody hostile chose."""
    if isinstance(data, Mapping) and data and chance.random() < 0.9:  # noqa: PLR2004 - now and then all
        key = chance.choice(list(data))
        if chance.random() < 0.1:  # noqa: PLR2004 - the key itself
            return {**{k: v for k, v in data.items() if k != key}, _key(chance, trap): data[key]}
        return {**data, key: _spoilt(chance, trap, data[key])}
    if isinstance(data, list) and data and chance.random() < 0.9:  # noqa: PLR2004
        at = chance.randrange(len(data))
        return [*data[:at], _spoilt(chance, trap, data[at]), *data[at + 1 :]]
    return _hostile(chance, trap)


def _key(chance: random.Random, trap: Path) -> str:
    return str(_hostile(chance, trap))


def _hostile(chance: random.Random, trap: Path) -> Any:  # noqa: ANN401 - of any kind
    found = chance.choice(HOSTILE)
    return found.replace("{trap}", str(trap)) if isinstance(found, str) else found


def _spoilt_bytes(chance: random.Random, text: str) -> str:
    """A few characters changed, lost or doubled."""
    letters = list(text)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(letters))
        letters[at] = chance.choice(["", letters[at] * 2, chr(chance.randrange(0x250)), "\t", "{"])
    return "".join(letters)


def _as_given(value: object) -> bool:
    """Whether an argument reaches a script on a host as it was given."""
    text = str(value).replace("\x00", "")[:4000].encode("utf-8", "replace").decode()
    line = command_line(Way.AS_LOGIN, (text, "next"), 10.0)
    done = subprocess.run(
        ["sh", "-c", line],
        input=b'printf "%s" "$1"',
        capture_output=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    return done.stdout.decode("utf-8", "surrogateescape") == text


def _told(take: Take, text: str) -> str:
    return f"{getattr(take, '__name__', '')} {text[:200]!r}\n{traceback.format_exc(limit=-4)}"
