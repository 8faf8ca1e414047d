"""The API as a source of samples: pages put together, nothing lost or counted twice."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from ceilift.errors import CeiliftError, TransientError
from ceilift.state import Sample
from ceilift.telemetry.ceilometer_api import ATTEMPTS, ApiSamples, _iso, _seconds

NOW = 1_700_000_000.0


class FakeApi(BaseAdapter):
    """GET /v2/samples as Ocata answers it: newest first, at most `limit`."""

    def __init__(self, samples: list[Sample], failing: list[object] | None = None) -> None:
        super().__init__()
        self.samples = samples
        self.failing = failing or []
        self.asked: list[requests.PreparedRequest] = []

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **_options: object
    ) -> requests.Response:
        self.asked.append(request)
        if self.failing:
            failure = self.failing.pop(0)
            if isinstance(failure, Exception):
                raise failure
            assert isinstance(failure, tuple)
            return answered(*failure)
        query = parse_qs(urlsplit(request.url or "").query)
        found = [item for item in self.samples if self._matches(item, query)]
        newest = sorted(found, key=lambda item: -item.timestamp)[: int(query["limit"][0])]
        return answered(200, json.dumps([row(item) for item in newest]))

    def close(self) -> None:
        pass

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://", self)
        return session

    def _matches(self, item: Sample, query: dict[str, list[str]]) -> bool:
        rules = zip(
            query.get("q.field", []), query.get("q.op", []), query.get("q.value", []), strict=True
        )
        return all(holds(item, *rule) for rule in rules)


def holds(item: Sample, field: str, operator: str, value: str) -> bool:
    if (field, operator) == ("meter", "eq"):
        return item.meter == value
    assert field == "timestamp"
    moment = _seconds(value)
    return item.timestamp >= moment if operator == "ge" else item.timestamp <= moment


def answered(code: int, body: str) -> requests.Response:
    response = requests.Response()
    response.status_code = code
    response._content = body.encode()
    return response


def row(item: Sample) -> dict[str, object]:
    return {
        "id": item.message_id,
        "meter": item.meter,
        "resource_id": item.resource,
        "timestamp": _iso(item.timestamp),
        "recorded_at": _iso(item.recorded_at) if item.recorded_at else None,
    }


def sample(at: float, message: str, meter: str = "cpu", resource: str = "r1") -> Sample:
    return Sample(meter, resource, NOW + at, NOW + at + 1, message)


def api(fake: FakeApi, page: int = 3) -> ApiSamples:
    return ApiSamples(
        "http://api:8777/", "s3cret", page=page, patience_s=0.01, session=fake.session
    )


@given(st.lists(st.integers(0, 20), max_size=25), st.integers(0, 20), st.integers(0, 20))
def test_pages_put_together_are_the_whole_span(moments: list[int], since: int, until: int) -> None:
    moments = [at for at in moments if moments.count(at) < 3]
    samples = [sample(float(at), f"m{index}") for index, at in enumerate(moments)]
    found = api(FakeApi(samples)).events(NOW + since, NOW + until)
    wanted = [item for item in samples if NOW + since <= item.timestamp <= NOW + until]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)
    assert [item.timestamp for item in found] == sorted(item.timestamp for item in wanted)


def test_the_same_message_twice_stays_twice() -> None:
    twice = [sample(1.0, "m"), sample(1.0, "m"), sample(0.0, "a"), sample(2.0, "b")]
    assert len(api(FakeApi(twice)).events(NOW, NOW + 5)) == 4


def test_more_samples_of_one_moment_than_a_page_are_refused_not_miscounted() -> None:
    fake = FakeApi([sample(1.0, f"m{index}") for index in range(5)])
    with pytest.raises(CeiliftError, match="more than 3 samples of one moment"):
        api(fake).events(NOW, NOW + 5)


def test_each_meter_is_asked_for_by_itself() -> None:
    fake = FakeApi([sample(1.0, "a", "cpu"), sample(1.0, "b", "memory"), sample(1.0, "c", "disk")])
    found = api(fake).events(NOW, NOW + 5, ["cpu", "disk"])
    assert [item.message_id for item in found] == ["a", "c"]
    assert api(fake).count(NOW, NOW + 5, ["memory"]) == 1


def test_the_newest_sample_of_each_resource() -> None:
    rows = [sample(1.0, "a"), sample(3.0, "b"), sample(2.0, "c", resource="r2")]
    assert api(FakeApi(rows)).newest(["r1", "r3"], NOW) == {"r1": NOW + 3.0}


def test_facts_say_only_that_it_answers() -> None:
    facts = api(FakeApi([])).facts()
    assert (facts.reachable, facts.backend, facts.samples) == (True, "ceilometer-api", None)


def test_the_token_is_sent_and_what_passes_by_itself_is_tried_again() -> None:
    fake = FakeApi([sample(1.0, "a")], [requests.ConnectionError(), (503, "")])
    assert api(fake).count(NOW, NOW + 5) == 1
    assert [request.headers["X-Auth-Token"] for request in fake.asked] == ["s3cret"] * 3


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (requests.ConnectionError("s3cret"), TransientError, "does not answer"),
        (requests.ReadTimeout(), TransientError, "ReadTimeout"),
        ((500, ""), TransientError, "answers 500"),
        ((401, ""), CeiliftError, "refuses the token"),
        ((404, ""), CeiliftError, "does not answer as Ceilometer's API"),
        ((200, "<html>"), CeiliftError, "does not answer as Ceilometer's API"),
        ((200, "{}"), CeiliftError, "does not answer as Ceilometer's API"),
    ],
)
def test_failures_are_told_in_words_without_the_token(
    failure: object, kind: type[CeiliftError], words: str
) -> None:
    source = api(FakeApi([], [failure] * ATTEMPTS))
    with pytest.raises(kind, match=words) as failed:
        source.facts()
    assert type(failed.value) is kind
    assert "s3cret" not in f"{failed.value!r} {source!r}"
