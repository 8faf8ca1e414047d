"""New pipeline files for agents that share their work: what refuses them, what is worth knowing."""

from __future__ import annotations

from dataclasses import replace

from ceilift.finding import Finding, Severity
from ceilift.pipeline import LoadSeen, read_pipelines
from ceilift.plan import Plan
from ceilift.plan_files import FileKind, NewFile
from ceilift.planner import make_plan
from ceilift.release import Catalogue, Fact
from ceilift.state import CloudState, NewFiles
from tests.clouds import (
    Field,
    after,
    agents_of,
    begun,
    catalogue,
    in_order,
    inventory,
    request,
    seen,
)

EMPTY = "sources: []\nsinks: []\n"
OLD = """
sources: [{name: meters, meters: ["*"], sinks: [all]}]
sinks: [{name: all, publishers: [notifier://]}]
"""
RENAMED, ADDED = (
    OLD.replace("all", "every"),
    OLD.replace("publishers:", "transformers: , publishers:"),
)
FILE = NewFile(FileKind.PIPELINE, "/srv/new.yaml", "d1")
CLOUD = inventory(
    {"ctl1": ["notification"], "ctl2": ["notification"]}, wsgi=None, database=None, store="other"
)
LOADED = (LoadSeen("ctl1", "9.0.6", ("d1",)), LoadSeen("ctl2", "9.0.6", ("d1",)))
MORE = OLD.replace("sinks: [all]", "sinks: [all, cpu]").replace(
    "sinks: [{", "sinks: [{name: cpu, publishers: [udp://]}, {"
)


def state(new: str = RENAMED, *, known: bool = True, **changes: Field) -> CloudState:
    pipes = read_pipelines(OLD, EMPTY) if known else None
    agents = [
        replace(one, config=replace(one.config, workload_partitioning=True, pipelines=pipes))
        for one in agents_of(CLOUD, "9.0.6")
    ]
    given = NewFiles(pipeline=read_pipelines(new, EMPTY))
    return replace(seen(CLOUD, agents), **{"new_files": given, "loads": LOADED, **changes})


def planned(found: CloudState, known: Catalogue | None = None, **asked: Field) -> Plan:
    wanted = request("9.0.7", **{"path": "partial", "files": (FILE,), **asked})
    return make_plan(CLOUD, found, known or catalogue(), wanted)


def found(plan: Plan, finding: str) -> list[Finding]:
    return [one for one in plan.findings if one.id == finding]


def test_a_file_that_the_old_release_does_not_load_refuses_the_plan() -> None:
    loads = (replace(LOADED[0], fault="pipeline.yaml: no transformer x"), LOADED[1])

    (one,) = found(planned(state(loads=loads)), "pipeline-not-loaded")

    assert one.severity is Severity.BLOCKER
    assert one.where == "ctl1: /srv/new.yaml"
    assert "9.0.6 on ctl1 does not load the new pipeline" in one.what
    assert "no transformer x" in one.what
    assert "--stop-all notification" in one.remedy
    assert "a pause of about" in one.remedy


def test_a_release_that_could_not_be_asked_refuses_it_too() -> None:
    loads = (replace(LOADED[0], unknown="it has no Python"), LOADED[1])

    (one,) = found(planned(state(loads=loads)), "pipeline-not-loaded")

    assert "could not be asked" in one.what


def test_a_file_that_every_old_release_loads_refuses_nothing() -> None:
    assert planned(state()).blockers == ()


def test_a_file_nobody_tried_is_a_warning() -> None:
    (one,) = found(planned(state(loads=LOADED[:1])), "pipeline-not-tried")

    assert (one.severity, one.where) == (Severity.WARNING, "ctl2")
    assert found(planned(state()), "pipeline-not-tried") == []


def test_a_file_that_means_the_same_need_not_be_tried() -> None:
    loads = (replace(LOADED[0], fault="anything"),)

    assert planned(state(ADDED, loads=loads)).findings == planned(state(ADDED)).findings


def test_what_is_stopped_everywhere_need_not_load_it() -> None:
    loads = (replace(LOADED[0], fault="anything"),)

    assert planned(state(loads=loads), stop_all=("notification",)).blockers == ()


def test_pipelines_that_were_not_read_refuse_the_plan() -> None:
    (one,) = found(planned(state(known=False)), "pipelines-unknown")

    assert one.severity is Severity.BLOCKER
    assert found(planned(state()), "pipelines-unknown") == []


def test_releases_that_throw_away_what_they_do_not_know_are_never_mixed() -> None:
    whole = catalogue()
    told = Fact[str | None](value="ceilometer_ipc", source="ceilometer/pipeline/__init__.py")
    changed = {
        name: one.model_copy(
            update={"notification": one.notification.model_copy(update={"ipc_queue_prefix": told})}
        )
        for name, one in whole.releases.items()
    }

    (one,) = found(planned(state(), Catalogue(changed)), "pipelines-mix")

    assert one.severity is Severity.BLOCKER
    assert "--stop-all notification" in one.remedy
    assert found(planned(state()), "pipelines-mix") == []


def test_pipes_that_go_are_told_and_drained_and_added_ones_need_nothing() -> None:
    (one,) = found(planned(state()), "pipes-vanish")
    assert "meters:all" in one.what
    assert "after the old agents" in one.what

    (one,) = found(planned(state(), stop_all=("notification",)), "pipes-vanish")
    assert "while all agents are stopped" in one.what

    plan = planned(state(MORE))
    assert found(plan, "pipes-vanish") == []
    assert not any(target.drains for step in plan.steps for target in step.targets)
    assert any(step.id == "notification/reload" for step in plan.steps)


def test_half_of_the_old_agents_with_the_new_file_do_not_refuse_the_rest() -> None:
    begin = begun(state())
    plan = planned(begin)
    ids = [node.id for node in in_order(plan)]
    done = after(plan, begin, ids[: ids.index("notification/write/ctl1") + 1])
    hosts = []
    for host in done.hosts:
        pipes = read_pipelines(RENAMED, EMPTY)
        agents = [
            replace(one, config=replace(one.config, pipelines=pipes))
            if one.config.pipeline_digest == "d1"
            else one
            for one in host.instances
        ]
        hosts.append(replace(host, instances=tuple(agents)))

    left = planned(replace(done, hosts=tuple(hosts)))

    assert left.blockers == ()
    assert next(iter(in_order(left))).id == "notification/write/ctl2"


def test_the_agent_that_drains_is_nobodys_intrusion() -> None:
    begin = begun(state())
    plan = planned(begin)
    ids = [node.id for node in in_order(plan)]
    done = after(plan, begin, ids[:1])

    assert found(planned(done), "changed-since-start") == []
