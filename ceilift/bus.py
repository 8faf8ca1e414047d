"""The message bus, seen through RabbitMQ's management API; never changed by us.

What comes and goes (connections, consumers) is told at once; what is counted (messages in a
queue, acknowledged, published) is as old as the broker's statistics interval, LAG_S at most
(collect_statistics_interval, 5000 ms by default): two equal counts within LAG_S prove nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple, ParamSpec, TypeVar
from urllib.parse import quote

import requests
from requests.auth import HTTPBasicAuth
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ceilift.broker_alarms import Alarm
from ceilift.bus_rows import ALARMS, FIGURES, alarms_of, connection_row, is_new, queue_row
from ceilift.errors import CeiliftError, TransientError
from ceilift.state import BusConnection, QueueState

P = ParamSpec("P")
T = TypeVar("T")

LAG_S = 5.0
TIMEOUT_S = (5.0, 15.0)  # to connect, to wait for each part of the answer
ATTEMPTS = 4
BOUNDS = ("arguments", "policy", "effective_policy_definition")
QUEUE_COLUMNS = {"columns": ",".join(("name", *FIGURES))}
BOUND_COLUMNS = {"columns": ",".join(("name", *FIGURES, *BOUNDS))}
PASSING = re.compile(r"^reply_|_fanout_")  # as oslo.messaging names them
SEES_EVERYTHING = frozenset({"administrator", "monitoring"})


class Consumer(NamedTuple):
    """A consumer: the queue it reads, and the broker's name of the connection it reads by."""

    queue: str
    connection: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages one connection has acknowledged and published since it opened."""

    acknowledged: int = 0
    published: int = 0


class Broker:
    """Read-only view of one virtual host.

    `url` is the management API's (`http://HOST:15672`). Refused or broken connections and
    timeouts are tried again, then raise TransientError; a refused login, too few rights or an
    answer that is none raise CeiliftError. Neither holds the password. Safe for threads.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        vhost: str = "/",
        *,
        patience_s: float = 2.0,
        session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        self._url = url.rstrip("/")
        self._user = user
        self._auth = HTTPBasicAuth(user, password)
        self._vhost = quote(vhost, safe="")
        self._patience_s = patience_s
        self._session = session
        self._sees_everything = False

    def queues(self) -> tuple[QueueState, ...]:
        """Every queue with its depth, consumers and bounds; on a busy broker prefer `queue`.

        Raises TransientError while the broker has no figures of a queue yet: no figure is not 0.
        Queues of RPC replies and fan-outs, which come and go, are left out until they have some.
        """
        return self._patiently(self._queues_once)

    def queue(self, name: str) -> QueueState | None:
        """One queue with its depth and consumers; None when there is no such queue.

        Raises TransientError while the broker has no figures of it yet.
        """
        return self._patiently(self._queue_once, name)

    def connections(self) -> tuple[BusConnection, ...]:
        """Every client connection.

        Raises CeiliftError when our user may see only its own: that would look like none.
        """
        self._require_sight()
        columns = "name,peer_host,client_properties.connection_name"
        rows = self._rows(f"vhosts/{self._vhost}/connections", columns=columns)
        return tuple(connection_row(row) for row in rows)

    def consumers(self) -> tuple[Consumer, ...]:
        """Who reads which queue."""
        self._require_sight()
        columns = "queue.name,channel_details.connection_name"
        rows = self._rows(f"consumers/{self._vhost}", columns=columns)
        return tuple(
            Consumer(row["queue"]["name"], row["channel_details"]["connection_name"])
            for row in rows
            if row.get("channel_details")
        )

    def traffic(self) -> dict[str, Traffic]:
        """What each connection (by the broker's name of it) has done since it opened.

        A connection that has done nothing, or whose first figures are still on their way, has
        zeros.
        """
        self._require_sight()
        columns = "connection_details.name,message_stats.ack,message_stats.publish"
        rows = self._rows(f"vhosts/{self._vhost}/channels", columns=columns)
        return _summed(rows)

    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms of memory and disk that are in force, on any node of the broker.

        Raises CeiliftError when our user may not see the nodes.
        """
        self._require_sight()
        rows = self._rows("nodes", columns=",".join(("name", *ALARMS)))
        return tuple(alarm for row in rows for alarm in alarms_of(row))

    def acknowledged(self, queue: str) -> int:
        """Messages acknowledged on a queue since the broker counts (anew after its restart)."""
        path = f"queues/{self._vhost}/{quote(queue, safe='')}"
        found = self._get(path, columns="message_stats.ack")
        return int((found.get("message_stats") or {}).get("ack", 0))

    def published(self, connection: str) -> int:
        """Messages a connection has published since it opened; 0 for one that is not there."""
        return self.traffic().get(connection, Traffic()).published

    def publish_rate(self, window_s: float) -> float | None:
        """Messages published a second, the broker's own mean over the last `window_s` seconds.

        Rounded up to whole statistics intervals; nothing is waited for. A notification counts
        each time it is published: by its service, and again by the notification agent. None
        where the broker keeps no rates (rates_mode none).
        """
        age = max(2, round(window_s / LAG_S)) * int(LAG_S)
        window = {"msg_rates_age": str(age), "msg_rates_incr": str(int(LAG_S))}
        found = self._get(f"vhosts/{self._vhost}", columns="message_stats", **window)
        stats = found.get("message_stats") or {}
        if "publish" not in stats:
            return 0.0
        rate = stats.get("publish_details", {}).get("avg_rate")
        return None if rate is None else float(rate)

    def _queues_once(self) -> tuple[QueueState, ...]:
        rows = self._listed(f"queues/{self._vhost}", BOUND_COLUMNS)
        lasting = [row for row in rows if not (is_new(row) and PASSING.search(row["name"]))]
        return tuple(sorted((queue_row(row) for row in lasting), key=lambda queue: queue.name))

    def _queue_once(self, name: str) -> QueueState | None:
        path = f"queues/{self._vhost}/{quote(name, safe='')}"
        found = self._get_once(path, QUEUE_COLUMNS, missing_is_none=True)
        return None if found is None else queue_row({"name": name, **found})

    def _require_sight(self) -> None:
        """A user without these tags is shown its own connections alone, and no error."""
        if self._sees_everything:
            return
        tags = self._get("whoami").get("tags", ())
        held = set(tags.split(",") if isinstance(tags, str) else tags)  # a string before 3.9
        if not held & SEES_EVERYTHING:
            raise CeiliftError(
                f"The user {self._user} sees only its own connections on {self._url}, and no"
                " alarms: give it the tag monitoring (rabbitmqctl set_user_tags)"
            )
        self._sees_everything = True

    def _rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        return self._patiently(self._listed, path, query)

    def _listed(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        found = self._get_once(path, query)
        if not isinstance(found, list):
            raise CeiliftError(f"{self._url} gave no list for {path}: is it RabbitMQ's management?")
        return found

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        """One object. The broker gives an empty list where it has none of the columns asked for."""
        found = self._patiently(self._get_once, path, query)
        return found if isinstance(found, dict) else {}

    def _patiently(self, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=self._patience_s / 7, max=self._patience_s),
            reraise=True,
        )
        return retrying(ask, *args, **kwargs)

    def _get_once(
        self, path: str, query: Mapping[str, str], *, missing_is_none: bool = False
    ) -> Any:  # noqa: ANN401 - JSON
        try:
            with self._session() as session:
                session.trust_env = False  # no proxy and no .netrc between us and the broker
                address = f"{self._url}/api/{path}"
                answer = session.get(address, params=query, auth=self._auth, timeout=TIMEOUT_S)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise TransientError(
                f"The message bus does not answer at {self._url}: {_in_words(error)}"
            ) from None
        except requests.RequestException as error:
            raise CeiliftError(
                f"The message bus cannot be asked at {self._url}: {_in_words(error)}"
            ) from None
        if missing_is_none and answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        return self._read(answer, path)

    def _read(self, answer: requests.Response, path: str) -> Any:  # noqa: ANN401 - JSON
        refused: dict[int, str] = {
            HTTPStatus.UNAUTHORIZED: f"refuses the login of {self._user}",
            HTTPStatus.FORBIDDEN: f"does not let {self._user} read {path}",
            HTTPStatus.NOT_FOUND: f"knows no {path}: check the virtual host",
        }
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TransientError(f"The message bus at {self._url} answers {answer.status_code}")
        if answer.status_code != HTTPStatus.OK:
            words = refused.get(answer.status_code, f"answers {answer.status_code}")
            raise CeiliftError(f"The message bus at {self._url} {words}")
        try:
            return answer.json()
        except requests.JSONDecodeError:
            raise CeiliftError(f"{self._url} gave no JSON: is it RabbitMQ's management?") from None


def of_process(
    connections: Iterable[BusConnection], process: str, pids: Collection[int] | None = None
) -> frozenset[str]:
    """Names of the connections of a process (`ceilometer-collector`), or of these pids of it."""
    return frozenset(
        item.name
        for item in connections
        if item.process == process and (pids is None or item.pid in pids)
    )


def _summed(channels: Iterable[dict[str, Any]]) -> dict[str, Traffic]:
    """A connection's figures are the sums over its channels."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in channels:
        name = (row.get("connection_details") or {}).get("name")
        stats = row.get("message_stats") or {}
        if name:
            sums[name][0] += int(stats.get("ack", 0))
            sums[name][1] += int(stats.get("publish", 0))
    return {name: Traffic(*figures) for name, figures in sums.items()}


def _in_words(error: Exception) -> str:
    """What went wrong, without the layers of wrapping; addresses of objects left out."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    cause: BaseException = error
    while isinstance(cause.__cause__ or cause.__context__, BaseException):
        cause = cause.__cause__ or cause.__context__ or cause
    return str(getattr(cause, "strerror", None) or type(cause).__name__)
