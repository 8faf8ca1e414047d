"""A copy is never taken for production, and production never for a copy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.database_address import address_of, copy_fault

PRODUCTION = "mysql+pymysql://ceilometer@db.example.net:3306/ceilometer"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://db.example.net/ceilometer",
        "mariadb+mariadbconnector://other@DB.Example.NET./Ceilometer",
        "mysql+pymysql://db.example.net:3306/ceilometer?charset=utf8",
        "mysql+pymysql://db.example.net/ceil%6Fmeter",
    ],
)
def test_the_same_database_is_known_however_it_is_written(url: str) -> None:
    assert copy_fault(PRODUCTION, url) == "it is production's own database"


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.3.2.1", "[::1]", "0.0.0.0", "", "localhost.localdomain"],  # noqa: S104 - an address to compare
)
def test_every_loopback_is_this_machine(host: str) -> None:
    assert address_of(f"postgresql://{host}/x").host == "localhost"
    assert copy_fault("postgresql://localhost:5432/x", f"postgresql+psycopg://u@{host}/x")


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://db.example.net/ceilometer_copy",
        "mysql+pymysql://db.example.net:3307/ceilometer",
        "mysql+pymysql://scratch.example.net/ceilometer",
    ],
)
def test_another_name_port_or_host_is_another_database(url: str) -> None:
    assert copy_fault(PRODUCTION, url) == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://db.example.net/copy", "does not restore into another"),
        ("sqlite:///copy.db", "no URL of MariaDB, MySQL or PostgreSQL"),
        ("mysql://db.example.net", "names no database"),
        ("mysql://db.example.net:x/copy", "cannot be read"),
        ("mysql://[db/copy", "cannot be read"),
    ],
)
def test_a_url_that_leads_nowhere_is_a_fault(url: str, said: str) -> None:
    assert said in copy_fault(PRODUCTION, url)


def test_production_that_cannot_be_compared_is_a_fault() -> None:
    assert "cannot be compared" in copy_fault("sqlite:///x", PRODUCTION)


def test_a_unix_socket_is_this_machine() -> None:
    assert address_of("postgresql:///x?host=/var/run/postgresql").host == "localhost"


@given(st.text())
def test_any_text_is_told_in_words_that_do_not_repeat_it(text: str) -> None:
    secret = f"mysql://u:hunter2@{text}"

    assert "hunter2" not in copy_fault(PRODUCTION, secret)
