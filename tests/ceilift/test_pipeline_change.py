"""What new pipeline files change for agents that share their work, and whom to ask about them."""

from __future__ import annotations

from dataclasses import replace

from ceilift.component import Component
from ceilift.pipeline import LoadSeen, LoadWanted, Pipelines, read_pipelines
from ceilift.pipeline_change import loads_of, loads_wanted, old_first, pipeline_change
from ceilift.plan_files import FileKind, NewFile
from ceilift.situation import Situation
from ceilift.state import CloudState, NewFiles
from tests.clouds import Field, agents_of, catalogue, inventory, request, seen

EMPTY = "sources: []\nsinks: []\n"
OLD = """
sources: [{name: meters, meters: ["*"], sinks: [all, cpu]}]
sinks: [{name: all, publishers: [notifier://]}, {name: cpu, publishers: [notifier://]}]
"""
NEW = OLD.replace("all", "every")
EVENTS = """
sources: [{name: event, events: ["*"], sinks: [event]}]
sinks: [{name: event, publishers: [notifier://]}]
"""
FILE = NewFile(FileKind.PIPELINE, "new.yaml", "d1")
CLOUD = inventory({"ctl1": ["notification"], "ctl2": ["notification"]}, wsgi=None)


def state(pipelines: Pipelines | None, new: str = NEW, *, shared: bool = True) -> CloudState:
    agents = [
        replace(one, config=replace(one.config, workload_partitioning=shared, pipelines=pipelines))
        for one in agents_of(CLOUD, "9.0.6")
    ]
    found = seen(CLOUD, agents)
    return replace(found, new_files=NewFiles(pipeline=read_pipelines(new, EMPTY)))


def situation(found: CloudState, **asked: Field) -> Situation:
    wanted = request("9.0.7", **{"path": "partial", "files": (FILE,), **asked})
    return Situation(CLOUD, found, catalogue(), wanted, catalogue().get("9.0.7"))


BEFORE = read_pipelines(OLD, EVENTS)


def test_a_renamed_sink_is_a_pipe_that_goes_and_one_that_comes() -> None:
    change = pipeline_change(situation(state(BEFORE)))

    assert change is not None
    assert change.differs == ("pipe meters:all renamed to meters:every",)
    assert change.vanishing == ("meters:all",)
    assert change.pipes == ("event:event", "meters:cpu", "meters:every")
    assert [place.host for place in change.members] == ["ctl1", "ctl2"]


def test_what_no_file_is_given_for_stays() -> None:
    events = NewFile(FileKind.EVENT_PIPELINE, "new.yaml", "d1")
    given = NewFiles(
        event_pipeline=read_pipelines(EMPTY, EVENTS.replace("name: event", "name: e2"))
    )
    found = replace(state(BEFORE), new_files=given)

    change = pipeline_change(situation(found, files=(events,)))

    assert change is not None
    assert "meters:all" in change.pipes
    assert change.vanishing == ("event:event",)


def test_the_same_in_another_style_changes_nothing() -> None:
    change = pipeline_change(situation(state(BEFORE, "# another style\n" + OLD)))

    assert change is not None
    assert change.differs == ()
    assert old_first(situation(state(BEFORE, OLD))) is None


def test_nothing_changes_where_nothing_is_given_shared_or_replaced() -> None:
    assert pipeline_change(situation(state(BEFORE), files=())) is None
    assert pipeline_change(situation(state(BEFORE, shared=False))) is None
    new = [replace(one, release="9.0.7") for one in state(BEFORE).instances]
    done = replace(seen(CLOUD, new), new_files=state(BEFORE).new_files)
    assert pipeline_change(situation(done)) is None


def test_pipelines_that_were_not_read_leave_it_unknown() -> None:
    change = pipeline_change(situation(state(None)))

    assert change is not None
    assert "not read" in change.unknown
    assert old_first(situation(state(None))) is None


def test_old_agents_are_first_only_where_the_stage_rolls() -> None:
    found = state(BEFORE)

    assert old_first(situation(found)) is not None
    assert old_first(situation(found, path="full")) is None
    assert old_first(situation(found, stop_all=("notification",))) is None
    assert old_first(situation(found, only=("collector",))) is None


def test_every_old_release_is_asked_on_its_host_until_it_has_answered() -> None:
    found = state(BEFORE)
    ctl1, ctl2 = (LoadWanted(host, "9.0.6", ("d1",)) for host in ("ctl1", "ctl2"))

    assert loads_wanted(situation(found)) == (ctl1, ctl2)
    told = replace(found, loads=(LoadSeen("ctl1", "9.0.6", ("d1",)),))
    assert loads_wanted(situation(told)) == (ctl2,)
    assert [seen is None for _, seen in loads_of(situation(told))] == [False, True]


def test_an_answer_about_another_file_is_none() -> None:
    told = replace(state(BEFORE), loads=(LoadSeen("ctl1", "9.0.6", ("other",)),))

    assert len(loads_wanted(situation(told))) == 2


def test_it_is_the_same_however_far_the_upgrade_has_come() -> None:
    found = state(BEFORE)
    after = read_pipelines(NEW, EVENTS)
    now = [replace(one, config=replace(one.config, pipelines=after)) for one in found.instances]
    later = replace(seen(CLOUD, now), baseline=found.instances, new_files=found.new_files)

    assert all(one.component is Component.NOTIFICATION for one in now)
    first, then = pipeline_change(situation(found)), pipeline_change(situation(later))
    assert first is not None
    assert then is not None
    assert (first.differs, first.vanishing) == (then.differs, then.vanishing)
