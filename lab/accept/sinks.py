"""A changed pipeline for the classic cloud, and how many rows each of its sinks must leave.

The new file renames the sink that was there, and adds a source with a sink whose transformer gives
its sample another name. So a row tells by its meter which pipe made it: `image.size` either of the
two names of the old sink, `image.size.mb` the new one alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from ceilift.ledger.store import Ledger
from lab import accountant, broker, database
from lab.files import PRIVATE, rendered, write
from lab.settings import Lab
from lab.traffic import Sent

ADDED = "image.size.mb"
RENAMED = "renamed_sink"
RELOAD, PROVEN = "notification/reload", "notification/pipeline"
ON_ITS_WAY_S = 30.0  # sent that long before the reload, a message was handled before it
_SINK = {
    "name": "megabyte_sink",
    "transformers": [
        {
            "name": "unit_conversion",
            "parameters": {
                "target": {
                    "name": ADDED,
                    "unit": "MB",
                    "type": "gauge",
                    "scale": "volume * 1.0 / 1048576.0",
                }
            },
        }
    ],
    "publishers": ["notifier://"],
}
_SOURCE = {"name": "image_source", "meters": ["image.size"], "sinks": ["megabyte_sink"]}


def changed_pipeline(lab: Lab) -> Path:
    """Write the new file into the lab's folder, made from the lab's own; gives where it is."""
    data = yaml.safe_load(rendered("pipeline.yaml"))
    data["sources"][0]["sinks"] = [RENAMED]
    data["sinks"][0]["name"] = RENAMED
    data["sources"].append(_SOURCE)
    data["sinks"].append(_SINK)
    path = lab.root / "new-pipeline.yaml"
    write(path, yaml.safe_dump(data, sort_keys=False), PRIVATE)
    return path


@dataclass(frozen=True, slots=True)
class Moments:
    """When the reload began, and when it was proven (epoch seconds; never: infinity)."""

    reload: float
    proven: float


@dataclass(frozen=True, slots=True)
class AddedRows:
    """The rows of the added sink: which notifications have other than they must have.

    `expected` notifications were sent after the reload was proven: one row each. `early` were
    handled before it began and have rows all the same; `rows` counts all there are.
    """

    expected: int
    missing: tuple[int, ...]
    twice: tuple[int, ...]
    early: tuple[int, ...]
    rows: int

    @property
    def right(self) -> bool:
        """Whether every notification has as many rows as it must."""
        return self.expected > 0 and not (self.missing or self.twice or self.early)


def moments(lab: Lab) -> Moments:
    """By the product's ledger of its last upgrade."""
    ledger = Ledger(f"sqlite:///{lab.ledger}")
    past = ledger.history("lab")
    found = ledger.intents(past[0].id) if past else ()
    begun = (_epoch(one.at) for one in found if one.node == RELOAD)
    proven = (_epoch(one.ended_at) for one in found if one.node == PROVEN and one.status == "done")
    return Moments(min(begun, default=math.inf), min(proven, default=math.inf))


def added_rows(sent: Iterable[Sent], rows: Mapping[str, int], when: Moments) -> AddedRows:
    """Judge the rows of the added sink, by resource, against what was sent at which moment."""
    lines = list(sent)
    after = [line for line in lines if line.sent_at > when.proven]
    before = [line for line in lines if line.sent_at < when.reload - ON_ITS_WAY_S]
    return AddedRows(
        expected=len(after),
        missing=tuple(line.serial for line in after if not rows.get(line.resource_id)),
        twice=tuple(line.serial for line in lines if rows.get(line.resource_id, 0) > 1),
        early=tuple(line.serial for line in before if rows.get(line.resource_id)),
        rows=sum(rows.values()),
    )


def stored_rows(lab: Lab) -> Counter[str]:
    """The rows that the added sink has left so far, by resource."""
    return accountant.stored_of(database.url(lab), ADDED)


def left_in_old_sink(lab: Lab) -> dict[str, int]:
    """Messages in each queue of the sink that was renamed."""
    data = yaml.safe_load(rendered("pipeline.yaml"))
    pipe = f"ceilometer-pipe-{data['sources'][0]['name']}:{data['sinks'][0]['name']}-"
    queues = [one for one in broker.ask(lab, "queues") if one["name"].startswith(pipe)]
    return {one["name"]: int(one.get("messages") or 0) for one in queues}


def _epoch(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
