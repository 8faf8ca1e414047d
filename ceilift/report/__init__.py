"""The upgrade's report: what was done, what it cost, what is still open, what to type next."""

from ceilift.report.data import (
    Backlog,
    Ended,
    HostLine,
    Overhead,
    Report,
    StageLine,
    Timing,
)
from ceilift.report.make import make_report, report_to_json, sparkline
from ceilift.report.text import report_to_markdown

__all__ = [
    "Backlog",
    "Ended",
    "HostLine",
    "Overhead",
    "Report",
    "StageLine",
    "Timing",
    "make_report",
    "report_to_json",
    "report_to_markdown",
    "sparkline",
]
