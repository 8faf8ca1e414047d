"""Looks at a whole cloud at once: hosts, bus, groups and database, each as far as it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ceilift.broker_alarms import Alarms
from ceilift.clock import timestamp
from ceilift.cloud import Cloud
from ceilift.component import Component
from ceilift.coordination import live_groups
from ceilift.dump_look import restorable
from ceilift.errors import BadInputError, CeiliftError
from ceilift.new_files import EMPTY, read_new_files, text_of
from ceilift.pipeline import LoadSeen
from ceilift.pipeline_change import loads_wanted
from ceilift.plan import Plan, Request, Timing
from ceilift.plan_files import FileKind
from ceilift.plan_json import instances_from_json, loads_from_json, pollsters_from_json
from ceilift.pollster_change import pollsters_wanted
from ceilift.probe import observe_hosts
from ceilift.probe.index import with_indexes
from ceilift.probe.loads import observe_loads
from ceilift.probe.pollsters import observe_pollsters
from ceilift.release import Catalogue
from ceilift.situation import Situation
from ceilift.state import BusState, CloudState, DatabaseState, GroupState, HostState
from ceilift.stores import Account, GnocchiState, Use
from ceilift.telemetry.tables import DatabaseTables
from ceilift.undone import undone_upgrade

RATE_WINDOW_S = 5.0
POLLSTERS = "pollsters"  # the ledger's document of what the releases loaded at the beginning
LOADS = "loads"  # and of what old releases said of the new pipeline
FEWEST_MEASUREMENTS = 5  # below that, a median says nothing of what is usual


def observe(
    cloud: Cloud, catalogue: Catalogue, request: Request | None = None, *, rates: bool = True
) -> CloudState:
    """Everything a plan needs to know of the cloud, read at the same time.

    With a request, also what its new files say, whether pip finds the target where it is still to
    be installed, and, before a rolling upgrade of polling agents,
    which pollsters the old and the target release load, and before old notification agents get
    another pipeline, whether their releases load it; and what a restore of the database would take.

    A part that does not answer is in the state as unreachable with its reason; only a bad
    secret reference raises (BadInputError). `rates` measures publish and insert rates, which
    takes RATE_WINDOW_S longer. Baseline and evidence of an open upgrade come from the ledger.
    """
    with ThreadPoolExecutor(6) as pool:
        known = tuple(catalogue.releases)
        hosts = pool.submit(observe_hosts, cloud.connections, cloud.inventory, known, files=True)
        bus = pool.submit(observe_bus, cloud, rates=rates)
        groups = pool.submit(observe_groups, cloud)
        database = pool.submit(observe_database, cloud, rates=rates)
        accounts = pool.submit(observe_accounts, cloud)
        gnocchi = pool.submit(observe_gnocchi, cloud, rates=rates)
    state = CloudState(
        cloud=cloud.inventory.cloud,
        taken_at=timestamp(),
        hosts=hosts.result(),
        bus=bus.result(),
        groups=groups.result(),
        database=_with_space(database.result(), hosts.result()),
        accounts=accounts.result(),
        gnocchi=gnocchi.result(),
    )
    state = replace(state, turns=cloud.ledger.turns(state.cloud))
    rollback = request is not None and request.rollback
    state = with_history(cloud, with_usual(cloud, state), rollback=rollback)
    return state if request is None else _with_wishes(cloud, catalogue, request, state)


def _with_wishes(
    cloud: Cloud, catalogue: Catalogue, request: Request, state: CloudState
) -> CloudState:
    """The same state with what only this request asks about.

    Pollsters seen when the upgrade was opened stay, and what was said of the same files: old
    releases may be gone by now.
    """
    state = replace(state, new_files=read_new_files(request))
    if request.rollback and request.restore_database:
        state = replace(state, restorable=restorable(cloud))
    if request.to not in catalogue.releases:
        return state
    situation = Situation(cloud.inventory, state, catalogue, request, catalogue.get(request.to))
    state = replace(
        state, loads=(*state.loads, *_loads(cloud, situation)), hosts=_hosts(cloud, situation)
    )
    if state.pollsters:
        return state
    wanted = pollsters_wanted(situation)
    with cloud.timeline.pending("remote", "pollsters"):
        found = observe_pollsters(cloud.connections, cloud.inventory, wanted)
    return replace(state, pollsters=found)


def _hosts(cloud: Cloud, situation: Situation) -> tuple[HostState, ...]:
    """The hosts; those on which the target is still to be installed with what pip finds there."""
    hosts, wanted = situation.state.hosts, situation.unstaged
    if not (wanted and cloud.inventory.install.requirements):
        return hosts
    with cloud.timeline.pending("remote", "package index"):
        return with_indexes(cloud.connections, cloud.inventory, hosts, wanted)


def _loads(cloud: Cloud, situation: Situation) -> tuple[LoadSeen, ...]:
    """Whether old releases load the new pipeline, where they have to and were not asked yet."""
    wanted, files = loads_wanted(situation), situation.request.files_of(Component.NOTIFICATION)
    if not wanted:
        return ()
    texts = {file.kind: text_of(file) for file in files}
    both = texts.get(FileKind.PIPELINE, EMPTY), texts.get(FileKind.EVENT_PIPELINE, EMPTY)
    with cloud.timeline.pending("remote", "pipeline"):
        return observe_loads(cloud.connections, cloud.inventory, wanted, both)


def _with_space(
    database: DatabaseState | None, hosts: tuple[HostState, ...]
) -> DatabaseState | None:
    """The database with the space its backup folder has, which only that folder's host can tell."""
    free = next((h.backup_free_bytes for h in hosts if h.backup_free_bytes is not None), None)
    return None if database is None else replace(database, backup_free_bytes=free)


def with_history(cloud: Cloud, state: CloudState, *, rollback: bool = False) -> CloudState:
    """The same state with baseline and evidence of the open upgrade, when there is one.

    For a rollback those of the rollback, and what ran before the upgrade that it takes back.
    """
    open_upgrade = cloud.ledger.open_upgrade(cloud.inventory.cloud)
    if rollback:
        undone = undone_upgrade(cloud.ledger, cloud.inventory.cloud)
        open_upgrade = undone.by
        state = replace(state, former=undone.former, left=undone.plan.to)
    if open_upgrade is None:
        return state
    kept = cloud.ledger.documents(open_upgrade.id, POLLSTERS)
    loads = cloud.ledger.documents(open_upgrade.id, LOADS)
    return replace(
        state,
        baseline=instances_from_json(open_upgrade.baseline),
        evidence=cloud.ledger.evidence(open_upgrade.id),
        pollsters=pollsters_from_json(json.loads(kept[0].body)) if kept else (),
        loads=loads_from_json(json.loads(loads[-1].body)) if loads else (),
    )


def with_usual(cloud: Cloud, state: CloudState) -> CloudState:
    """The same state with the usual rates: the ledger's medians of at least 5 measurements."""
    found = cloud.ledger.median_activity(state.cloud)
    if found.measurements < FEWEST_MEASUREMENTS:
        return state
    bus, database = state.bus, state.database
    if bus is not None:
        bus = replace(bus, usual_publish_rate=found.publish_rate)
    if database is not None:
        database = replace(database, usual_insert_rate=found.insert_rate)
    return replace(state, bus=bus, database=database)


def remember_activity(cloud: Cloud, state: CloudState) -> None:
    """Keep what was measured in the ledger, for the medians; nothing where nothing was."""
    publish = state.bus.publish_rate if state.bus else None
    insert = state.database.insert_rate if state.database else None
    if publish is not None or insert is not None:
        cloud.ledger.record_activity(state.cloud, publish, insert)


def remember_turns(cloud: Cloud, plan: Plan) -> None:
    """Keep the order in which a plan that is shown replaces polling agents, unless it is known."""
    leaving = (step for step in plan.steps if step.timing is Timing.LEAVE)
    targets = (step.targets[0] for step in leaving)
    found = tuple(dict.fromkeys(f"{target.host}/{target.unit}" for target in targets))
    if found and found != cloud.ledger.turns(plan.cloud):
        cloud.ledger.record_turns(plan.cloud, found)


def observe_bus(cloud: Cloud, *, rates: bool) -> BusState:
    """Queues, alarms and publish rate (messages a second), or why they could not be read."""
    try:
        with cloud.timeline.pending("remote", "message bus"):
            rate = cloud.broker.publish_rate(RATE_WINDOW_S) if rates else None
            queues, alarms = cloud.broker.queues(), _alarms(cloud)
        return BusState(reachable=True, publish_rate=rate, queues=queues, alarms=alarms)
    except BadInputError:
        raise
    except CeiliftError as error:
        return BusState(reachable=False, problem=str(error))


def _alarms(cloud: Cloud) -> Alarms:
    """The broker's alarms; why they are not known where it shows the rest and not these."""
    try:
        return Alarms(cloud.broker.alarms())
    except CeiliftError as error:
        return Alarms(unread=str(error))


def observe_groups(cloud: Cloud) -> tuple[GroupState, ...]:
    """Coordination groups with their live members; none without coordination or when it is down."""
    try:
        found = cloud.coordination_url
        with cloud.timeline.pending("remote", "coordination"):
            return () if found is None else live_groups(*found)
    except BadInputError:
        raise
    except CeiliftError:
        return ()


def observe_database(cloud: Cloud, *, rates: bool) -> DatabaseState | None:
    """Size, rows and insert rate (samples a second); None when there is no Ceilometer database."""
    try:
        store = cloud.samples
        if store is None:
            return None
        with cloud.timeline.pending("remote", "database"):
            facts = store.facts()
            return replace(facts, insert_rate=store.insert_rate(RATE_WINDOW_S)) if rates else facts
    except BadInputError:
        raise
    except CeiliftError as error:
        return DatabaseState(reachable=False, problem=str(error))


def observe_accounts(cloud: Cloud) -> tuple[Account, ...]:
    """What the accounts of the Ceilometer database and of the scratch one may do; none without."""
    with cloud.timeline.pending("remote", "accounts"):
        found = (
            _account("database", lambda: cloud.production_tables),
            _account("scratch", lambda: cloud.scratch_tables),
        )
    return tuple(one for one in found if one is not None)


def observe_gnocchi(cloud: Cloud, *, rates: bool) -> GnocchiState | None:
    """Its version and what waits in it, twice with `rates`; None where it is not described."""
    try:
        found = cloud.gnocchi
        if found is None:
            return None
        with cloud.timeline.pending("remote", "gnocchi"):
            return found.look(RATE_WINDOW_S if rates else 0.0)
    except BadInputError:
        raise
    except CeiliftError as error:
        return GnocchiState(reachable=False, problem=str(error))


def _account(use: Use, tables: Callable[[], DatabaseTables | None]) -> Account | None:
    try:
        opened = tables()
        return None if opened is None else opened.account(use)
    except BadInputError:
        raise
    except CeiliftError as error:
        return Account(use, problem=str(error))
