"""A run on a cloud of fakes: its ledger is real, its hosts only remember what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.state import CloudState
from tasks.lease import held
from tasks.run import Consent, recorded_run
from tasks.session import CURRENT, Session
from tests import clouds
from tests.fakes import FakeCloud, FakeProgress, fake_ledger

EVERYTHING = ("collector", "notification", "polling-central", "api")
INVENTORY = clouds.inventory(
    {"ctl1": EVERYTHING, "ctl2": EVERYTHING, "pol1": ["polling-central"]},
    services={"backend": "systemd", "definition": "/etc/systemd/system/{unit}.service"},
)


@dataclass
class Runs:
    """One cloud, and runs of plans on it."""

    cloud: FakeCloud
    stack: ExitStack
    progress: FakeProgress

    def plan(self, **changes: clouds.Field) -> Plan:
        asked = clouds.request(**changes)
        return make_plan(self.cloud.inventory, self.state(), clouds.catalogue(), asked)

    def state(self) -> CloudState:
        return clouds.all_at(self.cloud.inventory, "8.1.5")

    def open(self, plan: Plan | None = None, consent: Consent | None = None) -> Session:
        """Begin a run; it ends with the test, or with `close`."""
        chosen = plan or self.plan()
        given = consent or Consent("ann", "terminal", "", chosen.hash)
        name = self.cloud.inventory.cloud
        keeper = self.stack.enter_context(held(self.cloud.ledger, name, self.progress))
        way = recorded_run(
            self.cloud.as_cloud(),
            clouds.catalogue(),
            chosen,
            self.state(),
            given,
            keeper,
        )
        session = self.stack.enter_context(way)
        CURRENT.set(session)
        return session

    def close(self) -> None:
        """End the runs that are open."""
        self.stack.close()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    cloud = FakeCloud(INVENTORY, fake_ledger(tmp_path))
    with ExitStack() as stack:
        yield Runs(cloud, stack, FakeProgress())
    cloud.ledger.dispose()


@pytest.fixture
def work() -> Callable[[Session, object], str]:
    """Work that succeeds at once."""
    return lambda _session, _node: "fine"
