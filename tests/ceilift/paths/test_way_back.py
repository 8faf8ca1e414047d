"""The way back of a whole upgrade, from every point of every described one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ceilift.component import Component
from ceilift.inventory_hosts import host_unit
from ceilift.pipeline import Pipelines
from ceilift.pipeline_change import digest_of
from ceilift.plan import FILES_READ, Action, Plan, Request
from ceilift.plan_files import FileKind, NewFile
from ceilift.plan_text import plan_to_sentences
from ceilift.planner import difference, make_plan, remaining
from ceilift.pollsters import PollingFile
from ceilift.situation import by_key
from ceilift.state import CloudState, Instance, NewFiles, Restart
from tests.clouds import after, begun, catalogue, in_order
from tests.golden import FILES, FOLDER, Golden, read

POINTS = 6  # of a plan, from which the way back is tried
LEAVES = {"at-target", "mixed", "one-missing"}  # no upgrade, or none from one release


def goes_back(path: Path) -> bool:
    golden = read(path)
    plan = golden.planned(golden.first_state)
    return path.stem not in LEAVES and not plan.blockers


@pytest.fixture(params=[one for one in FILES if goes_back(one)], ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    path: Path = request.param
    return read(path)


def points(golden: Golden) -> Iterator[CloudState]:
    """The cloud at some points of its upgrade, as the way back finds it."""
    state = begun(golden.first_state)
    plan = make_plan(golden.inventory, state, catalogue(), golden.request)
    ids = [node.id for node in in_order(plan)]
    for count in sorted({*range(1, len(ids) + 1, max(1, len(ids) // POINTS)), len(ids)}):
        yield found(golden, state, after(plan, state, ids[:count]))


def found(golden: Golden, before: CloudState, now: CloudState) -> CloudState:
    """What the way back is planned from: a fresh look, and what the ledger knows of the upgrade."""
    pipes = golden.first_state.new_files.pipeline
    hosts = tuple(
        replace(host, instances=tuple(_loaded(one, golden, pipes) for one in host.instances))
        for host in now.hosts
    )
    return replace(
        now,
        hosts=hosts,
        baseline=(),
        evidence=(),
        former=before.instances,
        left=golden.request.to,
        new_files=former_contents(golden, before.instances),
        loads=tuple(replace(one, release=golden.request.to) for one in now.loads),
    )


def _loaded(one: Instance, golden: Golden, pipes: Pipelines | None) -> Instance:
    given = golden.request.file(FileKind.PIPELINE)
    if given is None or one.config.pipeline_digest != given.digest:
        return one
    return replace(one, config=replace(one.config, pipelines=pipes))


def former_contents(golden: Golden, former: tuple[Instance, ...]) -> NewFiles:
    polling = next((o.config for o in former if o.component is Component.POLLING), None)
    notification = next((o.config for o in former if o.component is Component.NOTIFICATION), None)
    kinds = {file.kind for file in golden.request.files}
    sources = polling.polling_sources if polling and FileKind.POLLING in kinds else None
    pipes = notification.pipelines if notification and FileKind.PIPELINE in kinds else None
    return NewFiles(None if sources is None else PollingFile(sources), pipes)


def wish(golden: Golden, state: CloudState) -> Request:
    """As the ledger gives it: what ran before, and the files that were there."""
    (release,) = {one.release for one in state.former if one.release}
    files = []
    for file in golden.request.files:
        reads = next(c for c, kinds in FILES_READ.items() if file.kind in kinds)
        config = next(one.config for one in state.former if one.component is reads)
        files.append(NewFile(file.kind, "former.yaml", digest_of(config, file.kind)))
    return replace(golden.request, to=release, files=tuple(files), rollback=True)


def planned(golden: Golden, state: CloudState) -> Plan:
    return make_plan(golden.inventory, state, catalogue(), wish(golden, state))


def is_as_before(state: CloudState, kinds: Collection[FileKind]) -> list[str]:
    """What differs from before the upgrade, in words; of the files those of these kinds."""
    now, former = by_key(state.instances), by_key(state.former)
    said = []
    for key, was in former.items():
        one = now.get(key)
        if was.running and (one is None or one.release != was.release):
            said.append(f"{key} runs {one and one.release}")
        elif _may_not_restart(was, one):
            said.append(f"{key} may not restart")
        if one is not None and any(
            digest_of(one.config, kind) != digest_of(was.config, kind) for kind in kinds
        ):
            said.append(f"{key} has other files")
    ours = [one.key for one in state.instances if host_unit(one.unit) != one.unit]
    more = [key for key, one in now.items() if one.running and key not in former]
    return [*said, *(f"{one} was left" for one in (*ours, *more))]


def _may_not_restart(was: Instance, one: Instance | None) -> bool:
    """An API has no unit of its own: its web server's is not touched."""
    agent = was.running and was.component is not Component.API
    return agent and one is not None and one.restart is not Restart.ENABLED


BACK = sorted((FOLDER / "back").glob("*.yaml"))


@pytest.mark.parametrize("path", BACK, ids=lambda path: path.stem)
def test_the_way_back_reads_as_expected(path: Path) -> None:
    """`of` names the upgrade, `done` the node up to which it came, `plan` is word for word."""
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    upgrade = read(FOLDER / f"{described['of']}.yaml")
    state = begun(upgrade.first_state)
    plan = make_plan(upgrade.inventory, state, catalogue(), upgrade.request)
    ids = [node.id for node in in_order(plan)]
    now = found(upgrade, state, after(plan, state, ids[: ids.index(described["done"]) + 1]))

    assert plan_to_sentences(planned(upgrade, now)) == described["plan"]


def test_from_every_point_everything_runs_again_as_before(golden: Golden) -> None:
    for state in points(golden):
        plan = planned(golden, begun(state))
        assert plan.blockers == (), [f.what for f in plan.blockers]
        assert not {Action.BACKUP, Action.DBSYNC} & {step.action for step in plan.steps}

        finished = after(plan, begun(state), [node.id for node in in_order(plan)])

        assert is_as_before(finished, {file.kind for file in golden.request.files}) == []
        left = planned(golden, finished)
        assert (left.steps, left.gates) == ((), ())


def test_planned_anew_is_what_remains_of_the_way_back(golden: Golden) -> None:
    for state in points(golden):
        plan = planned(golden, begun(state))
        ids = [node.id for node in in_order(plan)]
        for count in range(0, len(ids) + 1, max(1, len(ids) // POINTS)):
            fresh = after(plan, begun(state), ids[:count])
            anew = planned(golden, fresh)
            assert difference(remaining(plan, fresh), anew) == (), ids[:count]


def test_stages_go_back_in_the_order_opposite_to_the_way_on(golden: Golden) -> None:
    way_on = golden.planned(golden.first_state)
    states = list(points(golden))
    names = [stage.name for stage in way_on.stages if stage.name != "database"]

    back = [stage.name for stage in planned(golden, begun(states[-1])).stages]

    assert back == list(reversed(names))


def test_one_stage_of_a_rollback_may_be_started_again_as_it_ran_before_it() -> None:
    upgrade = read(FOLDER / "lab.yaml")
    state = begun(found_done(upgrade))
    plan = planned(upgrade, state)
    ids = [node.id for node in in_order(plan)]
    failed = after(plan, state, ids[: ids.index("polling/start/ctl1") + 1])

    again = make_plan(
        upgrade.inventory, failed, catalogue(), replace(wish(upgrade, state), start_old="polling")
    )

    starts = [step for step in again.steps if step.action is Action.START]
    assert {step.release for step in starts} == {upgrade.request.to}
    assert again.blockers == ()


def found_done(golden: Golden) -> CloudState:
    """The cloud once all of its upgrade is done, as the way back finds it."""
    *_, last = points(golden)
    return last
