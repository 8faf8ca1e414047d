"""Credentials go, everything else stays."""

from __future__ import annotations

import pytest

from ceilift.scrub import scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "rabbit://guest:hunter2@mq1:5672/",
        "rabbit://a:hunter2@mq1:5672,b:hunter2@mq2:5672//",
        "mysql+pymysql://u:hun@ter2hunter2@db/ceilometer?charset=utf8",
        "redis://:hunter2@cache:6379",
        "POSTGRESQL://u:hunter2/slash@db/x",
        "password = hunter2",
        'password = "two words hunter2"',
        "telemetry_secret=hunter2",
        '{"password": "hunter2"}',
        "{'admin_password': 'a hunter2'}",
        "auth_token: hunter2",
        "passwd=hunter2",
        "api_key=hunter2",
        "a line\nPASSWORD=hunter2\nanother",
    ],
)
def test_credentials_are_replaced(text: str) -> None:
    assert "hunter2" not in scrubbed(text)
    assert "***" in scrubbed(text)


@pytest.mark.parametrize(
    "text",
    [
        "could not connect to http://192.0.2.1:15672/api",
        "token 5 was seen here, ours is 3",
        "ended with 3: no such table",
        "ssh://root@ctl1",
    ],
)
def test_everything_else_is_left_alone(text: str) -> None:
    assert scrubbed(text) == text


def test_who_and_where_stay_readable() -> None:
    assert scrubbed("mysql://ceilo:hunter2@db:3306/x") == "mysql://ceilo:***@db:3306/x"
