"""Samples through Ceilometer's own API (GET /v2, up to Pike), where the database cannot be read.

It answers fewer questions than the database: no insert rate, no key of the last row, no size. It
gives the newest samples first and no more than `limit` (ceilometer/storage/impl_sqlalchemy.py,
get_samples), so a long span is read in pages, each ending where the one before began.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ceilift.clock import now
from ceilift.errors import CeiliftError, TransientError
from ceilift.state import DatabaseState, Sample

PAGE = 1000
TIMEOUT_S = (5.0, 60.0)  # to connect, to wait for each part of the answer
ATTEMPTS = 3
A_DAY_S = 86_400.0


class ApiSamples:
    """The questions of SampleStore that the API can answer.

    `url` is the API's root (`http://HOST:8777`). `token`, when given, is sent as X-Auth-Token and
    never shown. Raises TransientError when it does not answer, CeiliftError when it refuses.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        page: int = PAGE,
        patience_s: float = 1.0,
        session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"X-Auth-Token": token} if token else {}
        self._page = page
        self._patience_s = patience_s
        self._session = session

    def events(
        self, since: float, until: float, meters: Collection[str] | None = None
    ) -> list[Sample]:
        """Samples measured in [since, until] (epoch seconds), in order."""
        wanted: list[str | None] = [None] if meters is None else [*sorted(meters)]
        found = [sample for meter in wanted for sample in self._backwards(since, until, meter)]
        return sorted(found, key=lambda sample: sample.timestamp)

    def newest(
        self, resources: Collection[str], since: float, meters: Collection[str] | None = None
    ) -> dict[str, float]:
        """When each of these resources was last measured at or after `since`; missing: never."""
        found = self.events(since, now() + A_DAY_S, meters)
        return {item.resource: item.timestamp for item in found if item.resource in resources}

    def count(self, since: float, until: float, meters: Collection[str] | None = None) -> int:
        """How many samples were measured in [since, until]."""
        return len(self.events(since, until, meters))

    def facts(self) -> DatabaseState:
        """That the store can be read; its size and rows are not to be had from here."""
        self._get({"limit": ["1"]})
        return DatabaseState(reachable=True, backend="ceilometer-api")

    def _backwards(self, since: float, until: float, meter: str | None) -> Iterator[Sample]:
        """Pages from the newest to the oldest.

        The samples at a full page's oldest moment may go on in the next page: they are left to it.
        """
        while True:
            page = [_sample(row) for row in self._get(self._query(since, until, meter))]
            if len(page) < self._page:
                yield from page
                return
            oldest = min(sample.timestamp for sample in page)
            if oldest == max(sample.timestamp for sample in page):
                raise CeiliftError(
                    f"{self._url} has more than {self._page} samples of one moment: they cannot be"
                    " read in pages; give the meters that matter"
                )
            yield from (sample for sample in page if sample.timestamp > oldest)
            until = oldest

    def _query(self, since: float, until: float, meter: str | None) -> dict[str, list[str]]:
        rules = [("timestamp", "ge", _iso(since)), ("timestamp", "le", _iso(until))]
        rules += [] if meter is None else [("meter", "eq", meter)]
        fields, operators, values = ([rule[i] for rule in rules] for i in range(3))
        return {
            "limit": [str(self._page)],
            "q.field": fields,
            "q.op": operators,
            "q.value": values,
        }

    def _get(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=self._patience_s / 3, max=self._patience_s),
            reraise=True,
        )
        return retrying(self._get_once, query)

    def _get_once(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        address = f"{self._url}/v2/samples"
        try:
            with self._session() as session:
                session.trust_env = False  # no proxy and no .netrc between us and the API
                answer = session.get(
                    address, params=query, headers=self._headers, timeout=TIMEOUT_S
                )
        except requests.RequestException as error:
            words = f"The Ceilometer API at {self._url} does not answer ({type(error).__name__})"
            raise TransientError(words) from None
        return self._read(answer)

    def _read(self, answer: requests.Response) -> list[dict[str, Any]]:
        code = answer.status_code
        if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TransientError(f"The Ceilometer API at {self._url} answers {code}")
        if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise CeiliftError(f"The Ceilometer API at {self._url} refuses the token ({code})")
        try:
            found = answer.json() if code == HTTPStatus.OK else None
        except requests.JSONDecodeError:
            found = None
        if not isinstance(found, list):
            raise CeiliftError(f"{self._url} does not answer as Ceilometer's API ({code})")
        return found


def _sample(row: dict[str, Any]) -> Sample:
    """The API's Sample (ceilometer/api/controllers/v2/samples.py); its id is the message id."""
    return Sample(
        meter=str(row["meter"]),
        resource=str(row["resource_id"]),
        timestamp=_seconds(row["timestamp"]),
        recorded_at=_seconds(row["recorded_at"]) if row.get("recorded_at") else None,
        message_id=str(row.get("id") or ""),
    )


def _seconds(text: str) -> float:
    """The API's moments are UTC and say no zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
