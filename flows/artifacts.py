"""What a run leaves to be read in the Prefect UI: hosts, plan and report.

Showing is a courtesy: a server that does not take it is no reason to stop a run, or to fail one
that is done.
"""

from __future__ import annotations

from collections.abc import Callable

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.settings import PREFECT_API_URL

from ceilift.plan import Plan
from ceilift.plan_text import plan_to_markdown
from ceilift.report import Report, report_to_markdown
from ceilift.state import CloudState, Instance
from flows.progress import run_progress
from flows.server import is_gone
from tasks.progress import Progress

COLUMNS = ("host", "component", "unit", "runs", "starts next", "restart")


def show_hosts(state: CloudState) -> None:
    """What runs where, as a table artifact; a host that was not reached has one line."""
    rows = [dict(zip(COLUMNS, _cells(one), strict=True)) for one in state.instances]
    lost = [
        {**dict.fromkeys(COLUMNS, "-"), "host": host.name, "runs": f"not reached: {host.problem}"}
        for host in state.hosts
        if not host.reachable
    ]
    _show_table(rows + lost, f"{state.cloud}, seen {state.taken_at}")


def _cells(one: Instance) -> tuple[str, ...]:
    name = " ".join((one.component.value, *one.namespaces))
    release, defined = one.release or "not running", one.defined_release or "-"
    return one.host, name, one.unit, release, defined, one.restart.value


def show_plan(plan: Plan) -> None:
    """The plan as a markdown artifact of the running flow."""
    _show_text("plan", plan_to_markdown(plan), f"Plan {plan.hash}: {plan.cloud} to {plan.to}")


def show_report(report: Report) -> None:
    """The report as a markdown artifact of the running flow, its picture in it; and the hosts.

    An image artifact would show the picture's data as a link below it, as one endless line.
    """
    text = report_to_markdown(report, picture=True)
    _show_text("report", text, report.headline)
    rows = [
        {
            "host": line.host,
            "component": line.component,
            "unit": line.unit,
            "before": line.before or "-",
            "now": line.now or "-",
        }
        for line in report.hosts
    ]
    if rows:
        _show_table(rows, report.headline)


def _show_table(rows: list[dict[str, str]], description: str) -> None:
    COURTESY.show(
        "hosts", lambda: create_table_artifact(key="hosts", table=rows, description=description)
    )


def _show_text(key: str, text: str, description: str) -> None:
    COURTESY.show(
        key, lambda: create_markdown_artifact(key=key, markdown=text, description=description)
    )


class Courtesy:
    """Shows what the server takes, and notes what it does not; never raises.

    Prefect asks a server that does not answer for a quarter of a minute. That bridges a restart,
    but once it was in vain the next thing is tried only where somebody listens again.
    """

    def __init__(self, is_gone: Callable[[], bool]) -> None:
        self._is_gone = is_gone
        self._in_vain = False

    @property
    def is_hopeless(self) -> bool:
        """Whether the last thing was shown in vain, and nobody listens yet."""
        return self._in_vain and self._is_gone()

    def show(
        self, name: str, shown: Callable[[], object], progress: Progress | None = None
    ) -> object:
        """What `shown` gave; None where it could not be shown, which the `progress` notes.

        A thread of its own has to give one: it does not see that of the run.
        """
        problem: object = "its server is gone"
        if not self.is_hopeless:
            try:
                found = shown()
            except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on
                problem, self._in_vain = error, True
            else:
                self._in_vain = False
                return found
        noted = run_progress() if progress is None else progress
        noted.note(f"the artifact {name} could not be shown: {problem}")
        return None


def _server_is_gone() -> bool:
    url = PREFECT_API_URL.value()
    return bool(url) and is_gone(url)


COURTESY = Courtesy(_server_is_gone)
