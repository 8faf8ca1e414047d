"""A gate is looked at until it is decided; a look that fails is no verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from ceilift.errors import BadInputError, CeiliftError, Fault, PausedError, TransientError
from ceilift.plan import Gate
from ceilift.remote.shell import Result
from ceilift.state import AgentConfig
from ceilift.telemetry.marked import METER
from ceilift.verdict import Outcome, Verdict
from tasks import health
from tasks.carry_out import carry_out
from tasks.run import dry_run
from tasks.session import current
from tests import clouds
from tests.fakes import FakeProgress
from tests.tasks.conftest import Runs

HEALTHY = Verdict(Outcome.HEALTHY, ("rows",))
NOT_YET = Verdict(Outcome.INCONCLUSIVE, ("not yet",))


@dataclass
class FakeWatch:
    """Looks that end so, one after the other; the last one for good."""

    ends: Sequence[Verdict | CeiliftError]
    looks: int = 0
    expired: list[bool] = field(default_factory=list)

    def look(self) -> None:
        self.looks += 1
        found = self._now()
        if isinstance(found, CeiliftError):
            raise found

    def judge(self, *, expired: bool) -> Verdict:
        self.expired.append(expired)
        found = self._now()
        assert isinstance(found, Verdict)
        return found

    def _now(self) -> Verdict | CeiliftError:
        return self.ends[min(self.looks, len(self.ends)) - 1]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PERIOD_S", 0.001)


def test_it_looks_again_until_it_is_healthy() -> None:
    watch = FakeWatch([NOT_YET, NOT_YET, HEALTHY])

    assert health._until_decided(lambda: watch, 30) == HEALTHY
    assert watch.expired == [False, False, False]


def test_a_look_that_fails_once_is_no_verdict() -> None:
    watch = FakeWatch([TransientError("the broker did not answer"), HEALTHY])

    assert health._until_decided(lambda: watch, 30) == HEALTHY


def test_what_never_could_be_looked_at_is_inconclusive_never_unhealthy() -> None:
    watch = FakeWatch([TransientError("the broker did not answer")])

    found = health._until_decided(lambda: watch, 0.01)

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "the broker did not answer" in str(found)


def test_a_watch_that_cannot_begin_is_begun_again() -> None:
    tries: list[int] = []

    def watching() -> FakeWatch:
        tries.append(1)
        if len(tries) == 1:
            raise TransientError("the database did not answer")
        return FakeWatch([HEALTHY])

    assert health._until_decided(watching, 30) == HEALTHY
    assert len(tries) == 2


def test_a_bad_reference_is_not_waited_for() -> None:
    watch = FakeWatch([BadInputError([Fault("secrets", "env BUS", "is not set", "Export BUS")])])

    with pytest.raises(BadInputError):
        health._until_decided(lambda: watch, 30)


def test_the_last_look_after_the_deadline_decides() -> None:
    watch = FakeWatch([NOT_YET])

    assert health._until_decided(lambda: watch, 0) == NOT_YET
    assert watch.expired == [True]


def gate_of(runs: Runs, kind: str, *, probe: bool = False) -> Gate:
    plan = runs.plan(probe=probe)
    runs.open(plan)
    return next(gate for gate in plan.gates if gate.kind == kind)


@pytest.mark.parametrize(
    ("kind", "ways"),
    [
        ("polling", ["resume", "--first HOST", "--start-old polling", "ceilift rollback"]),
        ("collector", ["resume", "--start-old collector", "ceilift rollback"]),
        ("api", ["resume", "ceilift rollback"]),
    ],
)
def test_a_gate_that_did_not_pass_says_every_way_on(runs: Runs, kind: str, ways: list[str]) -> None:
    gate = gate_of(runs, kind)

    error = health._not_passed(gate, NOT_YET, "", health._ways_on(current(), gate))

    assert isinstance(error, PausedError)
    assert error.next_command is not None
    assert [way for way in ways if way in error.next_command] == ways
    assert ("--first" in error.next_command) is ("--first HOST" in ways)


def test_a_dry_run_judges_nothing(runs: Runs) -> None:
    session = dry_run(runs.cloud.as_cloud(), clouds.catalogue(), runs.plan(), FakeProgress())

    said = health._judge(session, session.plan.gates[0])

    assert said.startswith("dry run")
    assert runs.cloud.connections.asked == []


def test_without_probe_no_notification_is_sent(runs: Runs) -> None:
    gate = gate_of(runs, "notification")

    assert health._marked(current(), gate) is None
    assert runs.cloud.connections.asked == []


def test_one_marked_notification_is_sent_from_the_gates_host_and_its_row_named(runs: Runs) -> None:
    gate = gate_of(runs, "notification", probe=True)

    marked = health._marked(current(), gate)

    assert marked is not None
    assert f"meter {METER}, resource {marked.resource}" in str(marked)
    assert marked.resource.startswith("ceilift-probe-")
    shell = runs.cloud.connections.shells[gate.targets[0].host]
    assert len(shell.asked) == 1
    assert "/opt/ceilometer/9.0.7/bin/python" in shell.asked[0].args
    assert marked.resource in shell.asked[0].args


def test_a_notification_that_cannot_be_sent_is_told_and_other_traffic_may_prove(
    runs: Runs,
) -> None:
    gate = gate_of(runs, "collector", probe=True)
    shell = runs.cloud.connections.shell(gate.targets[0].host)
    shell.answer = Result(1, "", "cannot reach rabbit://ceilometer:hunter2@192.0.2.1:5672/", 0.1)

    assert health._marked(current(), gate) is None

    assert "could not be sent" in runs.progress.notes[-1]
    assert "hunter2" not in runs.progress.notes[-1]


def test_a_stop_gate_needs_no_notification(runs: Runs) -> None:
    gate = gate_of(runs, "all-stopped", probe=True)

    assert health._marked(current(), gate) is None


def test_what_a_gate_found_is_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = gate_of(runs, "api")
    session = current()
    monkeypatch.setattr(health, "watch_for", lambda _sight: FakeWatch([HEALTHY]))

    done = carry_out([gate.id], health._judge)

    assert done == [{"node": gate.id, "detail": "healthy: rows"}]
    assert session.upgrade is not None
    kept = runs.cloud.ledger.documents(session.upgrade, "verdict")
    assert [one.name for one in kept] == [gate.id]


def in_one_group(runs: Runs, said: dict[str, str]) -> str:
    """What is told of the other members, where the logs of these hosts end so."""
    session = runs.open()
    own = AgentConfig(coordinated=True, interval_s=10.0)
    session.before = tuple(
        clouds.agent("polling", host, "8.1.5", config=own) for host in ("ctl1", "ctl2", "pol1")
    )
    for host, line in said.items():
        shell = runs.cloud.connections.shell(host)
        shell.answer = Result(0, f"/var/log/p.log on {host}\n{line}\n", "", 0.1)
    gate = next(one for one in session.plan.gates if one.id == "polling/first/ctl1")
    return health._lost_members(session, gate)


def test_a_member_that_fails_at_every_tick_is_named_with_what_to_do(runs: Runs) -> None:
    line = "ERROR futurist.periodics tooz.hashring.UnknownNode: Unknown node `b'x'`"

    told = in_one_group(runs, {"pol1": line, "ctl2": "ERROR nova: no auth"})

    assert "on pol1 fails at every tick" in told
    assert "restart it there" in told


def test_members_that_poll_are_not_named(runs: Runs) -> None:
    assert in_one_group(runs, {"pol1": "", "ctl2": "ERROR nova: no auth"}) == ""
