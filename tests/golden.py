"""Reads the described clouds of tests/plans/ and what is said of them.

A file says which hosts have which roles and what runs there, and holds the plan expected for it:

    runs: 8.1.5                     what runs unless a host says otherwise
    hosts:
      ctl[1-2]:                     ctl1 and ctl2
        roles: [collector, api]
        runs: {collector: null}     a unit that is there and does not run
        also: {notification: 8.1.5} an agent the inventory has no role for
    partitioned: true               workload_partitioning of every notification agent
    agents: {resources: [a, b]}     options of every polling agent (AgentConfig), and
      ticks: {ctl1: 3}              the phase of its ticks, by host
      polls: {'*': [r1, r2]}        the patterns of its one source, and the resources
    pollsters: {16.0.1: [cpu]}      what the installed releases load for the namespace central
    new_polling: {'*': [r1, r2]}    what --new-polling holds
    pipeline: TEXT                  the pipeline.yaml of every notification agent
    new_pipeline: TEXT              what --new-pipeline holds; the old releases load it
    inventory: {wsgi: null}         sections of the inventory that differ (null: left out)
    down: [ctl2]                    hosts that do not answer
    request: {first: ctl2}          what the operator asks for
    done: collector/all-stopped     an open upgrade: carried out up to and with this node
    again: {first: pol1}            and what is asked for now, where it differs
    plan: |                         word for word
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ceilift.component import Component
from ceilift.digest import digest
from ceilift.inventory import Inventory
from ceilift.pipeline import LoadSeen, read_pipelines
from ceilift.plan import Plan, Request
from ceilift.plan_files import FileKind, NewFile
from ceilift.planner import make_plan
from ceilift.policy import policy_from_text
from ceilift.pollsters import PollingFile, PollingSource, PollstersSeen, polling_yaml
from ceilift.state import CloudState, Instance, NewFiles
from tests.clouds import after, agent, begun, catalogue, hosts_named, in_order, inventory, seen
from tests.clouds import request as asked

NO_PIPES = "sources: []\nsinks: []\n"
FOLDER = Path(__file__).parent / "plans"
FILES = sorted(FOLDER.glob("*.yaml"))


@dataclass(frozen=True)
class Golden:
    """One described cloud."""

    data: Mapping[str, Any]

    @cached_property
    def hosts(self) -> Mapping[str, Mapping[str, Any]]:
        """What is said of each host, ranges written out."""
        said = self.data["hosts"].items()
        return {name: about for names, about in said for name in hosts_named(names)}

    @cached_property
    def inventory(self) -> Inventory:
        """The operator's inventory of it."""
        roles = {name: about.get("roles", []) for name, about in self.hosts.items()}
        return inventory(roles, **self.data.get("inventory", {}))

    @cached_property
    def request(self) -> Request:
        """What the operator asks for now."""
        asked = _request({**self.data.get("request", {}), **self.data.get("again", {})})
        return replace(asked, files=self._files())

    @cached_property
    def first_state(self) -> CloudState:
        """The cloud before anything was done to it."""
        state = seen(self.inventory, self._agents())
        down = self.data.get("down", [])
        hosts = tuple(
            replace(
                host, reachable=False, problem_kind="unreachable", problem="timed out", instances=()
            )
            if host.name in down
            else host
            for host in state.hosts
        )
        state = replace(state, hosts=hosts, pollsters=self._pollsters())
        return replace(state, new_files=self._new_files(), loads=tuple(self._loads(state)))

    def _pollsters(self) -> tuple[PollstersSeen, ...]:
        given = self.data.get("pollsters", {}).items()
        return tuple(PollstersSeen("ctl1", r, ("central",), tuple(names)) for r, names in given)

    def _loads(self, state: CloudState) -> Iterator[LoadSeen]:
        """Every host's release has loaded the new pipeline."""
        digests = tuple(one.digest for one in self._files() if one.kind is FileKind.PIPELINE)
        if digests:
            yield from (LoadSeen(host.name, self.data["runs"], digests) for host in state.hosts)

    def _new_files(self) -> NewFiles:
        polling, pipeline = self.data.get("new_polling"), self.data.get("new_pipeline")
        return NewFiles(
            polling=None if polling is None else PollingFile(_sources(polling)),
            pipeline=None if pipeline is None else read_pipelines(pipeline, NO_PIPES),
        )

    def _files(self) -> tuple[NewFile, ...]:
        polling, pipeline = self.data.get("new_polling"), self.data.get("new_pipeline")
        texts = {
            FileKind.POLLING: "" if polling is None else polling_yaml(_sources(polling)),
            FileKind.PIPELINE: pipeline or "",
        }
        return tuple(NewFile(kind, "new.yaml", digest(t)) for kind, t in texts.items() if t)

    @cached_property
    def state(self) -> CloudState:
        """The cloud as it is found: an open upgrade carried out as far as the file says."""
        last = self.data.get("done")
        if last is None:
            return self.first_state
        begin = replace(_request(self.data.get("request", {})), files=self._files())
        whole = make_plan(self.inventory, self.first_state, catalogue(), begin)
        ids = [node.id for node in in_order(whole)]
        return after(whole, begun(self.first_state), ids[: ids.index(last) + 1])

    def planned(self, state: CloudState) -> Plan:
        """The plan for that look at it."""
        return make_plan(self.inventory, state, catalogue(), self.request)

    def _agents(self) -> Iterator[Instance]:
        for host in self.inventory.hosts:
            about = self.hosts[host.name]
            runs = about.get("runs", self.data["runs"])
            for role in host.roles:
                given = runs if not isinstance(runs, Mapping) else runs.get(role.component.value)
                made = agent(
                    role.component,
                    host.name,
                    given,
                    namespaces=role.namespaces,
                    unit=role.unit_name,
                )
                made = replace(made, defined_release=given or self.data["runs"])
                yield self._configured(made)
            for component, release in about.get("also", {}).items():
                yield agent(component, host.name, release)

    def _configured(self, made: Instance) -> Instance:
        """The agent with the options and the phase that the file gives."""
        if made.component is Component.NOTIFICATION:
            shared = self.data.get("partitioned", False)
            text = self.data.get("pipeline", "")
            pipes = read_pipelines(text, NO_PIPES) if text else None
            config = replace(made.config, workload_partitioning=shared, pipelines=pipes)
            return replace(made, config=replace(config, pipeline_digest=digest(text)))
        if made.component is not Component.POLLING:
            return made
        options = dict(self.data.get("agents", {}))
        phase = options.pop("ticks", {}).get(made.host)
        lists: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in options.items()
        }
        polls = lists.pop("polls", None)
        if polls is not None:
            sources = _sources(polls)
            lists |= {
                "polling_sources": sources,
                "resources": sources[0].resources,
                "polling_digest": digest(polling_yaml(sources)),
            }
        config = replace(made.config, **lists)
        return replace(made, config=config, ticks=() if phase is None else (float(phase),))


def _sources(given: Mapping[str, Any]) -> tuple[PollingSource, ...]:
    """One source for each set of resources, the patterns separated by blanks."""
    return tuple(
        PollingSource(f"source{number}", 10.0, tuple(patterns.split()), tuple(resources))
        for number, (patterns, resources) in enumerate(given.items())
    )


def _request(given: Mapping[str, Any]) -> Request:
    """Names as tuples, policies from their texts."""
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    if "policies" in plain:
        plain["policies"] = tuple(policy_from_text(text) for text in plain["policies"])
    return asked(**plain)


def read(path: Path) -> Golden:
    """The described cloud of one file."""
    return Golden(yaml.safe_load(path.read_text(encoding="utf-8")))
