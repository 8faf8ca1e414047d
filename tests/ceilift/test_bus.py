"""The broker's view, from answers as RabbitMQ 3.10 gives them, and every way it can fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from ceilift.broker_alarms import Alarm
from ceilift.bus import ATTEMPTS, Broker, Consumer, Traffic, of_process
from ceilift.errors import CeiliftError, TransientError
from ceilift.state import BusConnection, QueueState

Answer = Callable[[requests.PreparedRequest], requests.Response]
COLLECTOR = "127.0.0.1:5000 -> 127.0.0.1:5672"
POLLING = "127.0.0.1:5001 -> 127.0.0.1:5672"
OTHER = "127.0.0.1:5002 -> 127.0.0.1:5672"
ANSWERS: dict[str, Any] = {
    "/api/whoami": {"name": "ceilift", "tags": ["monitoring"]},
    "/api/queues/%2F": [
        {"name": "q2", "messages_ready": 3, "messages_unacknowledged": 1, "consumers": 2},
        {"name": "q1", "messages_ready": 0, "messages_unacknowledged": 0, "consumers": 0},
    ],
    "/api/queues/%2F/metering.sample": {"message_stats": {"ack": 8138}},
    "/api/queues/%2F/new": {},
    "/api/vhosts/%2F/connections": [
        {
            "name": COLLECTOR,
            "peer_host": "192.0.2.11",
            "client_properties": {"connection_name": "ceilometer-collector:31949:d1eeb5d7-c52a"},
        },
        {"name": POLLING, "peer_host": "192.0.2.12", "client_properties": {}},
        {
            "name": OTHER,
            "peer_host": "192.0.2.13",
            "client_properties": {"connection_name": "monitoring"},
        },
        {"vhost": "/"},
    ],
    "/api/consumers/%2F": [
        {
            "queue": {"name": "metering.sample"},
            "channel_details": {"connection_name": COLLECTOR},
        },
        {"queue": {"name": "closing"}, "channel_details": []},
    ],
    "/api/vhosts/%2F/channels": [
        {"connection_details": {"name": COLLECTOR}, "message_stats": {"ack": 5, "publish": 1}},
        {"connection_details": {"name": COLLECTOR}, "message_stats": {"ack": 7}},
        {"connection_details": {"name": POLLING}},
    ],
    "/api/vhosts/%2F": {"message_stats": {"publish": 9, "publish_details": {"avg_rate": 41.6}}},
    "/api/nodes": [
        {"name": "rabbit@c1", "mem_alarm": False, "disk_free_alarm": True},
        {"name": "rabbit@c2", "mem_alarm": True, "disk_free_alarm": True},
        {"name": "rabbit@c3", "mem_alarm": False, "disk_free_alarm": False},
        {"name": "rabbit@c4"},
    ],
}


class FakeManagement(BaseAdapter):
    """RabbitMQ's management API, without a network. `failing` happens to the first requests."""

    def __init__(self, answers: Mapping[str, Any], failing: list[Answer]) -> None:
        super().__init__()
        self.answers = answers
        self.failing = failing
        self.requests: list[requests.PreparedRequest] = []

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **_options: object
    ) -> requests.Response:
        self.requests.append(request)
        if self.failing:
            return self.failing.pop(0)(request)
        found = self.answers.get(urlsplit(request.url or "").path)
        return answered(200, found) if found is not None else answered(404, {})

    def close(self) -> None:
        pass

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://", self)
        return session


def answered(status: int, body: object) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    return response


def status(code: int, body: object = "") -> Answer:
    return lambda _request: answered(code, body)


def raising(error: Exception) -> Answer:
    def fail(_request: requests.PreparedRequest) -> requests.Response:
        raise error

    return fail


def management(*failing: Answer, **answers: object) -> tuple[Broker, FakeManagement]:
    fake = FakeManagement(ANSWERS | answers, list(failing))
    broker = Broker("http://bus:15672/", "ceilift", "s3cret", patience_s=0.01, session=fake.session)
    return broker, fake


def test_queues_are_read_with_depth_and_consumers() -> None:
    assert management()[0].queues() == (QueueState("q1", 0, 0, 0), QueueState("q2", 3, 1, 2))


def test_a_queue_is_read_with_what_bounds_it_the_tighter_of_arguments_and_policies() -> None:
    figures = {"messages_ready": 0, "messages_unacknowledged": 0, "consumers": 1}
    rows = [
        {
            **figures,
            "name": "both",
            "arguments": {"x-message-ttl": 60000, "x-expires": 1500},
            "policy": "short",
            "effective_policy_definition": {"message-ttl": 30000, "max-length": 100},
        },
        {**figures, "name": "free", "arguments": {}, "effective_policy_definition": []},
        {**figures, "name": "own", "arguments": {"x-max-length": 7}, "policy": None},
    ]
    broker, fake = management(**{"/api/queues/%2F": rows})

    assert broker.queues() == (
        QueueState("both", 0, 0, 1, "short", ttl_s=30.0, max_length=100, expires_s=1.5),
        QueueState("free", 0, 0, 1),
        QueueState("own", 0, 0, 1, max_length=7),
    )
    assert "effective_policy_definition" in (fake.requests[0].url or "")


def test_a_queue_without_figures_is_not_taken_for_empty() -> None:
    broker, fake = management(**{"/api/queues/%2F": [{"name": "q1", "consumers": 0}]})
    with pytest.raises(TransientError, match="no figures of the queue q1 yet"):
        broker.queues()
    assert len(fake.requests) == ATTEMPTS


def test_queues_that_come_and_go_hide_no_other() -> None:
    new = [{"name": "reply_1f"}, {"name": "q_fanout_2c"}, *ANSWERS["/api/queues/%2F"]]
    broker, _ = management(**{"/api/queues/%2F": new})
    assert [queue.name for queue in broker.queues()] == ["q1", "q2"]


def test_one_queue_is_read_by_itself_and_may_be_missing() -> None:
    row = {"messages_ready": 3, "messages_unacknowledged": 1, "consumers": 2}
    broker, fake = management(**{"/api/queues/%2F/a%2Fb": row, "/api/queues/%2F/new": {}})
    assert broker.queue("a/b") == QueueState("a/b", 3, 1, 2)
    assert broker.queue("gone") is None
    assert len(fake.requests) == 2
    with pytest.raises(TransientError, match="no figures of the queue new"):
        broker.queue("new")


def test_a_connection_is_told_by_the_name_oslo_messaging_gives_it() -> None:
    found = management()[0].connections()
    assert found == (
        BusConnection("ceilometer-collector", 31949, "192.0.2.11", COLLECTOR),
        BusConnection("", None, "192.0.2.12", POLLING),
        BusConnection("", None, "192.0.2.13", OTHER),
        BusConnection("", None, "", ""),
    )
    assert of_process(found, "ceilometer-collector") == {COLLECTOR}
    assert of_process(found, "ceilometer-collector", [31949]) == {COLLECTOR}
    assert of_process(found, "ceilometer-collector", [1]) == frozenset()


def test_consumers_and_traffic_are_joined_by_connection() -> None:
    broker, _ = management()
    assert broker.consumers() == (Consumer("metering.sample", COLLECTOR),)
    assert broker.traffic() == {COLLECTOR: Traffic(12, 1), POLLING: Traffic(0, 0)}
    assert broker.published(COLLECTOR) == 1
    assert broker.published("gone") == 0


def test_acknowledgements_of_a_queue() -> None:
    broker, _ = management()
    assert (broker.acknowledged("metering.sample"), broker.acknowledged("new")) == (8138, 0)


@pytest.mark.parametrize(("window", "age"), [(5.0, "10"), (60.0, "60"), (61.0, "60")])
def test_the_publish_rate_is_the_brokers_mean_over_the_window(window: float, age: str) -> None:
    broker, fake = management()
    assert broker.publish_rate(window) == pytest.approx(41.6)
    query = parse_qs(urlsplit(fake.requests[-1].url or "").query)
    assert (query["msg_rates_age"], query["msg_rates_incr"]) == ([age], ["5"])


@pytest.mark.parametrize(("stats", "rate"), [({}, 0.0), ({"message_stats": {"publish": 9}}, None)])
def test_a_silent_bus_has_rate_0_and_one_without_rates_has_none(
    stats: object, rate: float | None
) -> None:
    assert management(**{"/api/vhosts/%2F": stats})[0].publish_rate(5) == rate


def test_alarms_are_told_with_their_nodes_and_a_node_that_is_down_has_none() -> None:
    assert management()[0].alarms() == (
        Alarm("disk", "rabbit@c1"),
        Alarm("memory", "rabbit@c2"),
        Alarm("disk", "rabbit@c2"),
    )


@pytest.mark.parametrize("code", [401, 403])
def test_alarms_that_may_not_be_read_are_no_proof_of_none(code: int) -> None:
    """RabbitMQ answers 401 to those without the tag, and proxies before it 403."""
    broker, fake = management()
    broker.connections()
    fake.failing.append(status(code))

    with pytest.raises(CeiliftError, match="ceilift"):
        broker.alarms()


@pytest.mark.parametrize("tags", [[], ["management"], "management,policymaker"])
def test_a_user_that_sees_only_its_own_connections_is_no_proof_of_none(tags: object) -> None:
    broker, _ = management(**{"/api/whoami": {"name": "ceilift", "tags": tags}})
    for look in (broker.connections, broker.consumers, broker.traffic, broker.alarms):
        with pytest.raises(CeiliftError, match="tag monitoring"):
            look()


@pytest.mark.parametrize("tags", [["administrator"], "monitoring,management"])
def test_either_tag_will_do_and_is_asked_for_once(tags: object) -> None:
    broker, fake = management(**{"/api/whoami": {"tags": tags}})
    broker.connections()
    broker.consumers()
    assert [str(request.url).rpartition("/")[2] for request in fake.requests].count("whoami") == 1


@pytest.mark.parametrize(
    "passing",
    [raising(requests.ConnectionError()), raising(requests.ReadTimeout()), status(503)],
)
def test_what_passes_by_itself_is_tried_again(passing: Answer) -> None:
    broker, fake = management(passing, passing)
    assert len(broker.queues()) == 2
    assert len(fake.requests) == 3


@pytest.mark.parametrize(
    ("failing", "kind", "words"),
    [
        (
            raising(requests.ConnectionError()),
            TransientError,
            "does not answer at http://bus:15672",
        ),
        (raising(requests.ReadTimeout()), TransientError, "no answer in time"),
        (status(500), TransientError, "answers 500"),
        (status(401), CeiliftError, "refuses the login of ceilift"),
        (status(403), CeiliftError, "does not let ceilift read"),
        (status(404), CeiliftError, "check the virtual host"),
        (status(299), CeiliftError, "answers 299"),
        (status(200, "<html>"), CeiliftError, "gave no JSON"),
        (status(200, {"error": "x"}), CeiliftError, "gave no list"),
        (raising(requests.exceptions.InvalidURL()), CeiliftError, "cannot be asked"),
    ],
)
def test_failures_are_told_in_words_without_the_password(
    failing: Answer, kind: type[CeiliftError], words: str
) -> None:
    broker, _ = management(*[failing] * ATTEMPTS)
    with pytest.raises(kind, match=words) as failed:
        broker.queues()
    assert isinstance(failed.value, TransientError) is (kind is TransientError)
    assert "s3cret" not in f"{failed.value!r} {broker!r}"


def test_a_refused_login_is_not_tried_again() -> None:
    broker, fake = management(status(401), status(401))
    with pytest.raises(CeiliftError):
        broker.queues()
    assert len(fake.requests) == 1


def test_an_empty_list_in_the_place_of_figures_is_no_figures() -> None:
    quiet: dict[str, object] = {"/api/queues/%2F/q1": [], "/api/vhosts/%2F": []}

    broker, _ = management(**quiet)

    assert broker.acknowledged("q1") == 0
    assert broker.publish_rate(10.0) == 0.0
