"""A cloud on its way from one release to another, with Gnocchi as its store."""

from __future__ import annotations

from dataclasses import replace

from tests.troubled import MODERN, Cloud, quiet


def going(old: str, new: str, store: str = "gnocchi") -> Cloud:
    made = quiet(MODERN, old, database=None, wsgi=None, store=store).asked(to=new)
    hosts = tuple(replace(host, installed=(old, new)) for host in made.state.hosts)
    return made.seen(hosts=hosts)
