"""What a login to keystone lacks, by its kind and by the release that uses it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.credentials import NEEDS, Credentials

WHOLE = (
    "auth_url",
    "username",
    "password",
    "project_name",
    "user_domain_name",
    "project_domain_name",
)


def login(auth_type: str, *names: str) -> Credentials:
    return Credentials("service_credentials", "service_credentials", "/c.conf", auth_type, names)


@pytest.mark.parametrize(
    ("auth_type", "names", "series", "lacking"),
    [
        ("password", WHOLE, 27, ()),
        ("password", WHOLE[:4], 9, ()),
        (
            "password",
            WHOLE[:4],
            10,
            (
                "user_domain_name or user_domain_id",
                "project_domain_name or project_domain_id",
            ),
        ),
        ("v3password", WHOLE[:5], 9, ("project_domain_name or project_domain_id",)),
        ("v2password", ("auth_url", "username", "password", "tenant_name"), 9, ()),
        ("password", WHOLE[1:], 27, ("auth_url",)),
        ("password", (*WHOLE[:2], *WHOLE[3:]), 27, ("password",)),
        ("password", ("auth_url", "user_id", "password", "project_id"), 27, ()),
        ("password", (*WHOLE[:4], "default_domain_id"), 27, ()),
        ("password", (*WHOLE[:3], "user_domain_id", "system_scope"), 27, ()),
        ("", WHOLE, 27, ("auth_type",)),
        ("gnocchi-basic", ("user",), 27, ("endpoint",)),
        ("v3applicationcredential", ("auth_url",), 27, NEEDS["v3applicationcredential"][1:]),
        ("v3oidcpassword", (), 27, ()),
    ],
)
def test_what_it_lacks(
    auth_type: str, names: tuple[str, ...], series: int, lacking: tuple[str | tuple[str, ...], ...]
) -> None:
    told = tuple(one if isinstance(one, str) else " or ".join(one) for one in lacking)

    assert login(auth_type, *names).lacking(series) == told


def test_what_other_files_set_counts() -> None:
    assert login("password", *WHOLE[1:]).lacking(27, {"auth_url"}) == ()
    assert login("").lacking(27, {"auth_type", "username"}) == ()


@given(st.sampled_from(sorted(NEEDS)), st.sets(st.sampled_from(WHOLE)), st.integers(5, 27))
def test_more_options_never_lack_more(kind: str, names: set[str], series: int) -> None:
    some, more = login(kind, *names), login(kind, *names, *WHOLE)

    assert {*more.lacking(series)} <= {*some.lacking(series)}
