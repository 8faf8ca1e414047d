"""What a run leaves to be read in the Prefect UI: its plan and its report."""

from __future__ import annotations

from prefect.artifacts import create_markdown_artifact

from ceilift.plan import Plan
from ceilift.plan_text import plan_to_markdown
from ceilift.report import Report, report_to_markdown


def show_plan(plan: Plan) -> None:
    """The plan as a markdown artifact of the running flow."""
    create_markdown_artifact(
        key="plan",
        markdown=plan_to_markdown(plan),
        description=f"Plan {plan.hash}: {plan.cloud} to {plan.to}",
    )


def show_report(report: Report) -> None:
    """The report as a markdown artifact of the running flow, its picture in it.

    An image artifact would show the picture's data as a link below it, as one endless line.
    """
    text = report_to_markdown(report, picture=True)
    create_markdown_artifact(key="report", markdown=text, description=report.headline)
