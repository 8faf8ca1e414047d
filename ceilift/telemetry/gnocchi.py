"""Gnocchi through its own API: which version it is, and how many measures wait in it.

GET / answers everyone, GET /v1/status an administrator (rest/api.py of 4.7.1: VersionsController,
StatusController, policy "get status").
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from requests.auth import HTTPBasicAuth
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ceilift.errors import CeiliftError, TransientError
from ceilift.stores import GnocchiState

TIMEOUT_S = (5.0, 15.0)  # to connect, to wait for each part of the answer
ATTEMPTS = 3
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class _FaultyError(TransientError):
    """It answers, and what it was asked for fails there."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits, by one answer; `unread` says why nothing is known of it."""

    measures: int | None = None
    metrics: int | None = None
    processors: int | None = None
    unread: str = ""


class Gnocchi:
    """Read-only view of one Gnocchi.

    `url` is the API's root; `login` a user and a password for auth_mode basic, `token` what
    keystone gave. Neither is in an error.
    """

    def __init__(
        self,
        url: str,
        login: tuple[str, str] | None = None,
        token: str | None = None,
        *,
        patience_s: float = 1.0,
        timeout_s: tuple[float, float] = TIMEOUT_S,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._auth = HTTPBasicAuth(*login) if login else None
        self._headers = {"X-Auth-Token": token} if token else {}
        self._patience_s = patience_s
        self._timeout_s = timeout_s
        self._wait = wait

    def look(self, apart_s: float = 0.0) -> GnocchiState:
        """Version and backlog; the backlog again after `apart_s` seconds, for which this waits.

        Raises TransientError when it does not answer, CeiliftError when it is no Gnocchi. A backlog
        that may not be read is no failure: the reason is in what is given back.
        """
        version = self._version()
        first = self._waiting()
        later: int | None = None
        if apart_s and not first.unread:
            self._wait(apart_s)
            later = self._waiting().measures
        return GnocchiState(
            reachable=True,
            version=version,
            unread=first.unread,
            measures=first.measures,
            metrics=first.metrics,
            later=later,
            apart_s=apart_s if later is not None else 0.0,
            processors=first.processors,
        )

    def _version(self) -> str:
        """What it says of itself; "" where it is older than that."""
        answer = self._get("/")
        found = _json(answer) if answer.status_code == HTTPStatus.OK else None
        if not isinstance(found, Mapping) or "versions" not in found:
            raise CeiliftError(f"{self._url} does not answer as Gnocchi ({answer.status_code})")
        return str(found.get("build") or "")

    def _waiting(self) -> _Waiting:
        try:
            answer = self._get("/v1/status?details=false")
        except _FaultyError:  # lab, 4.7.1: tooz knows no group of metricds (GroupNotCreated)
            return _Waiting(unread="its status fails, as where no metricd has ever run (5xx)")
        if answer.status_code in REFUSED:
            return _Waiting(unread=f"it refuses the login, or wants one ({answer.status_code})")
        found = _json(answer) if answer.status_code == HTTPStatus.OK else None
        summary = _inside(found, "storage", "summary")
        measures, metrics = summary.get("measures"), summary.get("metrics")
        if not (isinstance(measures, int) and isinstance(metrics, int)):
            return _Waiting(unread=f"it gives no status ({answer.status_code})")
        processors = _inside(found, "metricd").get("processors")
        told = len(processors) if isinstance(processors, list) else None
        return _Waiting(measures, metrics, told)

    def _get(self, path: str) -> requests.Response:
        retrying = Retrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=self._patience_s / 3, max=self._patience_s),
            reraise=True,
        )
        return retrying(self._get_once, path)

    def _get_once(self, path: str) -> requests.Response:
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy and no .netrc between us and Gnocchi
                answer = session.get(
                    self._url + path,
                    auth=self._auth,
                    headers=self._headers,
                    timeout=self._timeout_s,
                    allow_redirects=False,  # a login goes to nobody else
                )
        except requests.RequestException as error:
            words = f"Gnocchi at {self._url} does not answer ({type(error).__name__})"
            raise TransientError(words) from None
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _FaultyError(f"Gnocchi at {self._url} answers {answer.status_code}")
        return answer


def _json(answer: requests.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


def _inside(found: Any, *names: str) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    """The mapping below these names; an empty one where there is none."""
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
