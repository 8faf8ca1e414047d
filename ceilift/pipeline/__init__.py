"""The pipelines of notification agents: read, compared, and the queues that belong to them."""

from ceilift.pipeline.identity import (
    Origin,
    Pipe,
    Pipelines,
    differences,
    queues,
    queues_of,
    same,
    vanishing,
)
from ceilift.pipeline.loading import LoadSeen, LoadWanted
from ceilift.pipeline.reading import read_pipelines
from ceilift.pipeline.restricting import only_pipes

__all__ = [
    "LoadSeen",
    "LoadWanted",
    "Origin",
    "Pipe",
    "Pipelines",
    "differences",
    "only_pipes",
    "queues",
    "queues_of",
    "read_pipelines",
    "same",
    "vanishing",
]
