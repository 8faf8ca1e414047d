"""The pipelines of notification agents: read, compared, and the queues that belong to them."""

from ceilift.pipeline.identity import (
    Origin,
    Pipe,
    Pipelines,
    differences,
    queues,
    same,
    vanishing,
)
from ceilift.pipeline.reading import read_pipelines

__all__ = [
    "Origin",
    "Pipe",
    "Pipelines",
    "differences",
    "queues",
    "read_pipelines",
    "same",
    "vanishing",
]
