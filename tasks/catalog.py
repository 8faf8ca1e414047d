"""Which task carries out which kind of node: the whole list, nothing is registered elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import Task

from ceilift.plan import Action, Gate, Step
from tasks import agents, api, database, health, pipelines, restoring, scratch

TASKS: Mapping[Action, Task[[list[str]], Any]] = {
    Action.BACKUP: database.backup,
    Action.VERIFY_BACKUP: scratch.verify_backup,
    Action.REHEARSE: scratch.rehearse,
    Action.DBSYNC: database.dbsync,
    Action.SAVE: restoring.save,
    Action.RESTORE: restoring.restore,
    Action.STOP: agents.stop,
    Action.START: agents.start,
    Action.ENABLE: agents.enable,
    Action.BESIDE: agents.beside,
    Action.REMOVE: agents.remove,
    Action.MERGE: agents.merge,
    Action.WRITE: pipelines.write,
    Action.RELOAD: pipelines.reload,
    Action.WARM_API: api.warm,
    Action.SWITCH_API: api.switch,
    Action.STOP_API: api.stop,
    Action.START_API: api.start,
}


def task_for(node: Step | Gate) -> Task[[list[str]], Any]:
    """The task of a step's action; every gate is judged by one task."""
    return health.judge if isinstance(node, Gate) else TASKS[node.action]
