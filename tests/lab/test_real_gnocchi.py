"""What is told of Gnocchi, by a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from ceilift.telemetry.gnocchi import Gnocchi
from lab.gnocchi_server import ADMIN, VERSION, gnocchi
from lab.settings import the_lab

pytestmark = pytest.mark.lab
NOBODY = ("ann", "her password")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gnocchi(the_lab(), tmp_path_factory.mktemp("gnocchi")) as there:
        yield there


def sent(url: str, metrics: int) -> None:
    """So many metrics, each with one measure."""
    with requests.Session() as session:
        session.trust_env, session.auth = False, ADMIN
        policy = {"name": "one", "definition": [{"granularity": 60, "points": 10}]}
        session.post(f"{url}/v1/archive_policy", json=policy, timeout=30).raise_for_status()
        for _ in range(metrics):
            made = session.post(f"{url}/v1/metric", json={"archive_policy_name": "one"}, timeout=30)
            measure = [{"timestamp": "2026-01-01T00:00:00", "value": 1.0}]
            there = f"{url}/v1/metric/{made.json()['id']}/measures"
            session.post(there, json=measure, timeout=30).raise_for_status()


def test_what_waits_in_it_is_counted_for_an_administrator(url: str) -> None:
    before = Gnocchi(url, ADMIN).look()

    sent(url, 3)

    after = Gnocchi(url, ADMIN).look(apart_s=0.5)
    assert (before.version, before.measures, before.metrics) == (VERSION, 0, 0)
    assert (after.measures, after.metrics, after.later) == (3, 3, 3)
    assert not after.unread


@pytest.mark.parametrize(("login", "code"), [(None, 401), (NOBODY, 403)])
def test_others_are_told_its_version_alone(
    url: str, login: tuple[str, str] | None, code: int
) -> None:
    found = Gnocchi(url, login).look()

    assert (found.reachable, found.version, found.measures) == (True, VERSION, None)
    assert str(code) in found.unread
