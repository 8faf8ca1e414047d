"""The package index: what it lists is proven by its digest, and no password is ever shown."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import requests

from ceilift.errors import BAD_INPUT, FAILED, BadInputError, CeiliftError
from ceilift.package_index import PackageIndex

WHEEL = b"the wheel"
URL = "https://joe:hunter2@index.example.net/simple/"
PAGE = f"{URL}ceilometer/"
NAME = "ceilometer-9.0.7-py2.py3-none-any.whl"


def listed(name: str, digest: str = hashlib.sha256(WHEEL).hexdigest()) -> dict[str, Any]:
    """A file as the index describes it."""
    return {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": digest}}


FILES = [
    listed("ceilometer-9.0.7.tar.gz"),
    listed("ceilometer-9.0.70-py3-none-any.whl"),
    listed(NAME),
]


class FakeIndex:
    """An index that has a page and one wheel; any other address is not found."""

    def __init__(self, page: object) -> None:
        text = page if isinstance(page, str) else json.dumps({"files": page})
        self.answers = {
            PAGE: text.encode(),
            f"https://joe:hunter2@index.example.net/files/{NAME}": WHEEL,
        }
        self.asked: list[str] = []

    def get(self, url: str) -> requests.Response:
        self.asked.append(url)
        response = requests.Response()
        response.url = url
        response.status_code = 200 if url in self.answers else 404
        response._content = self.answers.get(url, b"")
        return response


def refused(url: str) -> requests.Response:
    """An index that is not there."""
    raise requests.ConnectionError(f"cannot reach {url}")


def test_the_wheel_of_exactly_that_release_is_fetched() -> None:
    fake = FakeIndex(FILES)

    assert PackageIndex(URL, fake.get).wheel("9.0.7") == (NAME, WHEEL)
    assert len(fake.asked) == 2


def test_a_file_with_another_digest_is_not_read() -> None:
    fake = FakeIndex([listed(NAME, "0" * 64)])

    with pytest.raises(CeiliftError, match="is not the file that the index describes") as caught:
        PackageIndex(URL, fake.get).wheel("9.0.7")
    assert caught.value.exit_code == FAILED


@pytest.mark.parametrize("version", ["7.1.1", "9.0", "9.0.8"])
def test_a_release_without_a_wheel_is_bad_input(version: str) -> None:
    with pytest.raises(BadInputError, match=f"'{version}' of Ceilometer is not on index") as caught:
        PackageIndex(URL, FakeIndex(FILES).get).wheel(version)
    assert caught.value.exit_code == BAD_INPUT


@pytest.mark.parametrize("page", ["<html></html>", '{"other": 1}', "[]"])
def test_an_index_without_json_is_named(page: str) -> None:
    with pytest.raises(CeiliftError, match=r"index\.example\.net does not describe its files"):
        PackageIndex(URL, FakeIndex(page).get).wheel("9.0.7")


def test_a_refusal_and_silence_are_told_apart() -> None:
    gone = FakeIndex([listed("ceilometer-9.0.7-py3-none-any.whl")])

    with pytest.raises(CeiliftError, match="answers 404"):
        PackageIndex(URL, gone.get).wheel("9.0.7")
    with pytest.raises(CeiliftError, match="does not answer"):
        PackageIndex(URL, refused).wheel("9.0.7")


@pytest.mark.parametrize("get", [refused, FakeIndex("no").get, FakeIndex([]).get])
def test_the_password_of_the_index_is_never_shown(get: Any) -> None:  # noqa: ANN401 - two kinds
    index = PackageIndex(URL, get)

    with pytest.raises(CeiliftError) as caught:
        index.wheel("9.0.7")

    assert "hunter2" not in f"{caught.value}{index!r}"
    assert "joe" not in f"{caught.value}{index!r}"
    assert caught.value.__cause__ is None
