"""What an operator can start. Importing this package does not import Prefect."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def _refuse_foreign_tasks() -> None:
    """Say so when Python would import somebody else's `tasks` (docs/adr/0001).

    Raises ImportError that names both; that other code is not run.
    """
    ours = Path(__file__).resolve().parent.parent / "tasks" / "__init__.py"
    spec = find_spec("tasks")
    found = spec.origin if spec else None
    if found is None or Path(found).resolve() != ours:
        raise ImportError(
            f"Python finds {found or 'nothing'} as `tasks`, not Ceilift's own {ours}. "
            "Start from another folder, or set PYTHONSAFEPATH=1"
        )


_refuse_foreign_tasks()
