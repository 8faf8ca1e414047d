"""Gets published wheels of Ceilometer from a package index (PEP 691), each proven by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from ceilift.errors import BadInputError, CeiliftError, Fault

PUBLIC = "https://pypi.org/simple"
PROJECT = "ceilometer"
JSON = "application/vnd.pypi.simple.v1+json"
TIMEOUT_S = 60.0

Get = Callable[[str], requests.Response]


def get(url: str) -> requests.Response:
    """Ask the index for its JSON, or a file. Raises what requests raises."""
    return requests.get(url, headers={"Accept": f"{JSON}, */*;q=0.1"}, timeout=TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """A package index, by the address that pip would be given.

    Its user and password, where the address has them, are sent there and shown nowhere.
    """

    url: str = field(default=PUBLIC, repr=False)
    get: Get = field(default=get, repr=False)

    @property
    def host(self) -> str:
        """Which index, for messages."""
        return urlsplit(self.url).hostname or "the package index"

    def wheel(self, version: str) -> tuple[str, bytes]:
        """File name and bytes of a release's wheel.

        Raises:
            BadInputError: the index has no such wheel.
            CeiliftError: the index does not answer, or what it sent has another digest.
        """
        page = urljoin(f"{self.url.rstrip('/')}/", f"{PROJECT}/")
        found = self._listed(page, version)
        data = self._ask(urljoin(page, found["url"])).content
        digest = hashlib.sha256(data).hexdigest()
        if digest != found["hashes"].get("sha256"):
            raise CeiliftError(
                f"{found['filename']} from {self.host} is not the file that the index describes: "
                f"its SHA-256 is {digest}. Nothing of it was read"
            )
        return found["filename"], data

    def _listed(self, page: str, version: str) -> dict[str, Any]:
        try:
            files = self._ask(page).json()["files"]
        except (ValueError, KeyError, TypeError):
            raise CeiliftError(
                f"{self.host} does not describe its files as JSON (PEP 691). Name an index that "
                "does in PIP_INDEX_URL"
            ) from None
        start = f"{PROJECT}-{version}-"
        names = sorted(name for file in files if (name := file["filename"]).startswith(start))
        wheel = next((name for name in names if name.endswith(".whl")), None)
        if wheel is None:
            what = f"release {version!r} of Ceilometer is not on {self.host} as a wheel"
            remedy = "Releases before 8.1.5 were never published: enter their facts by hand"
            raise BadInputError([Fault("command line", "VERSIONS", what, remedy)])
        return next(file for file in files if file["filename"] == wheel)

    def _ask(self, url: str) -> requests.Response:
        try:
            answer = self.get(url)
            answer.raise_for_status()
        except requests.HTTPError as error:
            code = error.response.status_code
            raise CeiliftError(f"{self.host} answers {code} for Ceilometer's files") from None
        except requests.RequestException as error:
            kind = type(error).__name__
            raise CeiliftError(
                f"{self.host} does not answer ({kind}). Check the network and PIP_INDEX_URL"
            ) from None
        return answer
