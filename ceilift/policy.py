"""How a component is taken to the new release on the rolling path, a few hosts at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from ceilift.component import AGENTS, Component

T = TypeVar("T")
COUNT = re.compile(r"^(\d+)(%?)$")
WHOLE = 100
PARTS = ("mode", "batch", "max-unavailable", "canary", "failures")
POLICY_FORM = (
    "Write COMPONENT=surge or COMPONENT=replace, and behind it as wanted "
    ",batch=2 ,batch=25% ,max-unavailable=1 ,canary=no ,failures=1"
)
YES_NO = {"yes": True, "no": False}


class Mode(StrEnum):
    """Surge: the new one beside the old on its host, then the old is retired. Replace: in place.

    Replaced one by one, the new ones run beside the old ones of the other hosts.
    """

    SURGE = "surge"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Policy:
    """One component's policy, as the operator gives it; empty values stand for the default.

    `batch` and `max_unavailable` are a number of hosts or a share ("25%", rounded down, one at
    least). The default mode is replace where there are two agents or more, else surge; the
    default batch is one host; as many may be away as a batch has when replacing, none in a surge.
    `canary`: the first batch is one host. `failures` is the failure budget: on so many hosts of the
    stage it may fail, and the others are still upgraded; agents that failed count as away.
    """

    component: Component
    mode: str = ""
    batch: str = "1"
    max_unavailable: str = ""
    canary: bool = True
    failures: str = "0"

    def chosen(self, agents: int) -> Mode:
        """The mode for so many agents."""
        if self.mode:
            return Mode(self.mode)
        return Mode.REPLACE if agents > 1 else Mode.SURGE

    def away(self, agents: int) -> int:
        """How many agents may be away at the same time."""
        if self.max_unavailable:
            return _amount(self.max_unavailable, agents, least=0)
        if self.chosen(agents) is Mode.SURGE:
            return 0
        return self._size(agents) + self.budget(agents)

    def budget(self, agents: int) -> int:
        """On how many hosts the stage may fail before nothing more of it begins."""
        return _amount(self.failures, agents, least=0)

    def batch_size(self, agents: int) -> int:
        """How many hosts are acted on together: never more than may be away when replacing."""
        size = self._size(agents)
        if self.chosen(agents) is Mode.SURGE:
            return size
        return min(size, self.away(agents) - self.budget(agents))

    def batches(self, places: Sequence[T], agents: int) -> Iterator[tuple[T, ...]]:
        """The places in batches, in their order; the canary alone."""
        size, begin = self.batch_size(agents), 0
        while begin < len(places):
            end = begin + (1 if self.canary and begin == 0 else size)
            yield tuple(places[begin:end])
            begin = end

    def faults(self, agents: int) -> Iterator[str]:
        """In words, what is wrong with it for so many agents."""
        yield from self._malformed()
        if not any(True for _ in self._malformed()):
            yield from self._impossible(agents)

    def _malformed(self) -> Iterator[str]:
        if self.component not in AGENTS:
            yield f"{self.component.value} has no policy: agents have one"
        if self.mode not in {"", *Mode}:
            yield f"there is no mode {self.mode!r}"
        for name, text in (
            ("batch", self.batch),
            ("max-unavailable", self.max_unavailable),
            ("failures", self.failures),
        ):
            if text and not COUNT.match(text):
                yield f"{name} {text!r} is neither a number of hosts nor a share like 25%"

    def _impossible(self, agents: int) -> Iterator[str]:
        if self._size(agents) < 1:
            yield "a batch holds one host at least"
        replaces = self.chosen(agents) is Mode.REPLACE
        if replaces and agents and self.away(agents) < 1:
            yield "replacing takes one agent away at least, and none may be away: use surge"
        elif replaces and agents and self.batch_size(agents) < 1:
            yield (
                f"agents that failed are away, too: failures={self.failures} needs a "
                f"max-unavailable of {self.budget(agents) + 1} or more"
            )

    def _size(self, agents: int) -> int:
        return _amount(self.batch, agents, least=1 if self.batch.endswith("%") else 0)


def policy_from_text(text: str) -> Policy:
    """The policy that `COMPONENT=MODE,batch=2,max-unavailable=25%,canary=no` names.

    Any part but the component may be missing. Raises ValueError in words.
    """
    component, _, rest = text.partition("=")
    if component not in AGENTS:
        raise ValueError(f"there is no agent {component!r}")
    given: dict[str, str] = {}
    for part in (one for one in rest.split(",") if one):
        name, equals, value = part.partition("=")
        given.update({name: value} if equals else {"mode": name})
    if strange := sorted(set(given) - set(PARTS)):
        raise ValueError(f"there is no {strange[0]!r} in a policy")
    canary = given.get("canary", "yes")
    if canary not in YES_NO:
        raise ValueError(f"canary is yes or no, not {canary!r}")
    return Policy(
        Component(component),
        mode=given.get("mode", ""),
        batch=given.get("batch", "1"),
        max_unavailable=given.get("max-unavailable", ""),
        canary=YES_NO[canary],
        failures=given.get("failures", "0"),
    )


def policy_to_text(policy: Policy) -> str:
    """The text that `policy_from_text` reads back."""
    parts = [
        policy.mode,
        f"batch={policy.batch}" if policy.batch != "1" else "",
        f"max-unavailable={policy.max_unavailable}" if policy.max_unavailable else "",
        "" if policy.canary else "canary=no",
        f"failures={policy.failures}" if policy.failures != "0" else "",
    ]
    return f"{policy.component.value}={','.join(part for part in parts if part)}"


def _amount(text: str, of: int, *, least: int) -> int:
    found = COUNT.match(text)
    if found is None:
        return least
    number = int(found[1])
    return max(least, of * number // WHOLE if found[2] else number)
