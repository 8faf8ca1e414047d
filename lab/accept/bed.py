"""The cloud a scenario needs, whatever the lab was before."""

from __future__ import annotations

from lab import cloud, overseer
from lab.clouds import Cloud
from lab.progress import Progress
from lab.readiness import LEARNABLE
from lab.settings import Lab, the_lab


def bed(wanted: Cloud, progress: Progress, polls: int = LEARNABLE) -> Lab:
    """The lab as that cloud, on its first release, with nothing stored; another is ended.

    Every target was polled so often: as an upgrade needs, or fewer where more are waited for.
    """
    lab = the_lab()
    if lab.cloud != wanted and overseer.overseer(lab).alive():
        cloud.down(lab, progress, purge=False)
    lab = cloud.chosen(lab, wanted)
    cloud.reset(lab, progress, polls)
    return lab
