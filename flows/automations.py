"""Registers the automations of deployments/automations.yaml, and whom they tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import DoNothing, SendNotification
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound

from ceilift.errors import BadInputError, Fault

FILE = Path("deployments/automations.yaml")
SUBJECT = "Ceilift: {{ flow_run.name }}: {{ automation.name }}"
BODY = "{{ automation.description }}\n{{ flow_run|ui_url }}"


def register_automations(folder: Path, notify: Sequence[str] = ()) -> tuple[str, ...]:
    """Create each automation, or bring the one of its name up to date; gives their names.

    `notify` are notification blocks, as TYPE/NAME; without any, whom an automation told before it
    still tells. Raises BadInputError naming every block that is not there, with nothing changed.
    """
    wanted = read_automations(folder / FILE)
    with get_client(sync_client=True) as client:
        blocks = _blocks(client, notify)
        for one in wanted:
            there = client.read_automations_by_name(one.name)
            tells = blocks or {block for old in there for block in _told(old)}
            _register(client, _telling(one, sorted(tells)), there)
    return tuple(one.name for one in wanted)


def read_automations(file: Path) -> tuple[AutomationCore, ...]:
    """The automations as they stand in the file: those that tell somebody do nothing yet."""
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    return tuple(AutomationCore.model_validate(one) for one in found["automations"])


def _register(client: SyncPrefectClient, one: AutomationCore, there: Sequence[Automation]) -> None:
    if not there:
        client.create_automation(one)
        return
    client.update_automation(there[0].id, one)
    for surplus in there[1:]:
        client.delete_automation(surplus.id)


def _telling(one: AutomationCore, blocks: Sequence[UUID]) -> AutomationCore:
    silent = any(isinstance(action, DoNothing) for action in one.actions)
    if not (silent and blocks):
        return one
    told = [
        SendNotification(block_document_id=block, subject=SUBJECT, body=BODY) for block in blocks
    ]
    return one.model_copy(update={"actions": told})


def _told(one: AutomationCore) -> set[UUID]:
    return {
        action.block_document_id for action in one.actions if isinstance(action, SendNotification)
    }


def _blocks(client: SyncPrefectClient, names: Sequence[str]) -> set[UUID]:
    found, faults = set[UUID](), list[Fault]()
    for name in names:
        kind, _, own = name.partition("/")
        try:
            found.add(client.read_block_document_by_name(own, kind).id)
        except ObjectNotFound:
            remedy = "Make it in the UI (Blocks), or give TYPE/NAME as `prefect block ls` shows it"
            faults.append(Fault("--notify", name, "there is no such block", remedy))
    if faults:
        raise BadInputError(faults)
    return found
