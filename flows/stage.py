"""Install the target release beside the old one ahead of the window, from the Prefect UI."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from ceilift.cloud import Cloud
from ceilift.errors import CeiliftError
from ceilift.install.venv import Staged
from ceilift.inventory_file import load_inventory
from flows.conduct import ended
from flows.outliving import outlive_worker
from flows.progress import run_progress
from flows.request import StageForm
from flows.secrets import RunSecrets
from tasks.install import STAGING, Wish, batches, headline, hosts_of, stage_hosts, staging


@flow(name="stage", flow_run_name="stage-{form.to}", persist_result=False)
def stage(form: StageForm) -> State[Any]:
    """Put the target release on every host, beside what runs; nothing is stopped or switched.

    Args:
        form: which cloud, which release, and on which hosts.
    """
    outlive_worker()
    try:
        found = _staged(form)
    except CeiliftError as error:
        return ended(error)
    rows = [
        {"host": one.host, "ready": one.ready, "done": one.done, "problem": one.problem or "-"}
        for one in found
    ]
    said = headline(form.to, found)
    create_table_artifact(key="staged", table=rows, description=said)
    failed = [f"{one.host}: {one.problem}" for one in found if not one.ready]
    if failed:
        return Failed(message="\n".join((said, *failed)))
    return Completed(message=said)


def _staged(form: StageForm) -> list[Staged]:
    inventory = load_inventory(form.file)
    wish = Wish(form.to, tuple(form.hosts), form.dry_run)
    with (
        Cloud(inventory, RunSecrets()) as cloud,
        staging(cloud, wish, run_progress(), str(form.file)) as work,
    ):
        STAGING.set(work)
        futures = [
            stage_hosts.with_options(task_run_name=_name(names)).submit(list(names))
            for names in batches(hosts_of(inventory, wish))
        ]
        return [one for future in futures for one in future.result()]


def _name(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"stage on {names[0]}{more}"
