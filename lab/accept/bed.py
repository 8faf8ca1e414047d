"""The cloud a scenario needs, whatever the lab was before."""

from __future__ import annotations

from lab import cloud, overseer
from lab.clouds import Cloud
from lab.progress import Progress
from lab.settings import Lab, the_lab


def bed(wanted: Cloud, progress: Progress) -> Lab:
    """The lab as that cloud, on its first release, with nothing stored; another is ended."""
    lab = the_lab()
    if lab.cloud != wanted and overseer.overseer(lab).alive():
        cloud.down(lab, progress, purge=False)
    lab = cloud.chosen(lab, wanted)
    cloud.reset(lab, progress)
    return lab
