"""A cloud on its way from one release to another, with Gnocchi as its store."""

from __future__ import annotations

from dataclasses import replace

from ceilift.pipeline import read_pipelines
from ceilift.state import Instance
from tests.clouds import Field
from tests.troubled import MODERN, Cloud, quiet

EVENTS = "sources: []\nsinks: []\n"


def going(old: str, new: str, store: str = "gnocchi") -> Cloud:
    made = quiet(MODERN, old, database=None, wsgi=None, store=store).asked(to=new)
    hosts = tuple(replace(host, installed=(old, new)) for host in made.state.hosts)
    return made.seen(hosts=hosts)


def pipeline(*publishers: str) -> str:
    named = ", ".join(f"'{one}'" for one in publishers)
    return (
        "sources: [{name: all, meters: ['*'], sinks: [out]}]\n"
        f"sinks: [{{name: out, publishers: [{named}]}}]\n"
    )


def notifying(cloud: Cloud, **changes: Field) -> Cloud:
    def change(one: Instance) -> Instance:
        if one.component != "notification":
            return one
        return replace(one, config=replace(one.config, **changes))

    return cloud.agents(change)


def publishing(old: str, new: str, *publishers: str) -> Cloud:
    return notifying(going(old, new), pipelines=read_pipelines(pipeline(*publishers), EVENTS))
