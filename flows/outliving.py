"""A run outlives the worker that started it: its log has then nowhere to go, and it goes on."""

from __future__ import annotations

import logging

from prefect.logging.handlers import PrefectConsoleHandler
from rich.console import Console


def outlive_worker() -> None:
    """Let this process write its log into nothing once the worker that reads it is gone.

    By default rich ends the whole process when its output is closed (`Console.on_broken_pipe`
    raises SystemExit): a killed worker would take the run with it, at its next log line. What the
    run logs still reaches the server.
    """
    names = [None, *logging.root.manager.loggerDict]
    handlers = {one for name in names for one in logging.getLogger(name).handlers}
    for handler in handlers:
        if isinstance(handler, PrefectConsoleHandler):
            _let_be_quiet(handler.console)


def _let_be_quiet(console: Console) -> None:
    def quiet() -> None:
        console.quiet = True

    console.on_broken_pipe = quiet  # type: ignore[method-assign] # meant to be replaced
