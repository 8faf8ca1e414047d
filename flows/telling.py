"""Tells people and automations how a run goes: notification blocks, and events of the cloud."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import prefect.blocks.notifications  # noqa: F401 - its blocks are known by being imported
from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.utilities.urls import url_for

from ceilift.scrub import scrubbed
from tasks.progress import Progress

PATIENCE_S = 20.0  # a receiver that hangs must not hold the run up


class Moment(StrEnum):
    """What people are told of; the names of the events behind `ceilift.upgrade.`."""

    STARTED = "started"
    APPROVAL_WANTED = "approval-wanted"
    DONE = "done"
    STOPPED = "stopped"
    REFUSED = "refused"  # before anything began: another run may be going on


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of one run of one cloud. Nothing that goes wrong here stops the run: it is noted.

    `blocks` are notification blocks of Prefect, as TYPE/NAME.
    """

    cloud: str
    to: str
    blocks: Sequence[str]
    progress: Progress

    def tell(self, moment: Moment, text: str, *, stage: str = "", verdict: str = "") -> None:
        """One event, and one message to each block: cloud, stage, verdict, words and link."""
        link = _link()
        about = {"cloud": self.cloud, "to": self.to, "stage": stage, "verdict": verdict}
        emit_event(
            event=f"ceilift.upgrade.{moment}",
            resource={
                "prefect.resource.id": f"ceilift.cloud.{self.cloud}",
                "prefect.resource.name": self.cloud,
                "ceilift.cloud": self.cloud,
            },
            payload={**about, "text": scrubbed(text), "link": link},
        )
        subject = f"Ceilift: {self.cloud} to {self.to}: {verdict or moment}"
        lines = [f"{name}: {value}" for name, value in about.items() if value]
        body = "\n".join([*lines, scrubbed(text), link])
        for name in self.blocks:
            self._send(name, subject, body)

    def _send(self, name: str, subject: str, body: str) -> None:
        problems: list[str] = []

        def send() -> None:
            try:
                asyncio.run(_notify(name, subject, body))
            except Exception as problem:  # noqa: BLE001 - a receiver's fault is not the run's
                problems.append(scrubbed(str(problem)))

        thread = threading.Thread(target=send, name=f"notify {name}", daemon=True)
        thread.start()
        thread.join(PATIENCE_S)
        if thread.is_alive():
            problems.append(f"no answer within {PATIENCE_S:.0f} s")
        if problems:
            self.progress.note(f"{name} could not be told: {problems[0]}")


async def _notify(name: str, subject: str, body: str) -> None:
    block = cast("object", await Block.aload(name))  # its own type says nothing
    if not isinstance(block, NotificationBlock):
        msg = f"block {name} sends no notifications"
        raise TypeError(msg)
    with block.raise_on_failure():
        await block.notify(body, subject)


def _link() -> str:
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    return (url_for(run) if run is not None else None) or ""
