"""Groups and members as tooz keeps them in Redis; what cannot be read is told in words."""

from __future__ import annotations

import pytest
import redis
import tooz
from hypothesis import given
from hypothesis import strategies as st

from ceilift.coordination import _in_words, _shown, groups_in, live_groups
from ceilift.errors import CeiliftError, TransientError
from ceilift.state import GroupState


class FakeRedis:
    """Sets, hashes and keys in memory; nothing in it can be changed from outside."""

    def __init__(self, groups: dict[str, list[str]], beats: set[str], namespace: str) -> None:
        self._sets = {f"{namespace}_groups".encode(): {name.encode() for name in groups}}
        self._hashes = {
            f"{namespace}_group:{name}".encode(): [
                b"__created__",
                *(member.encode() for member in members),
            ]
            for name, members in groups.items()
        }
        self._keys = {f"{namespace}_beats:{member}".encode() for member in beats}

    def smembers(self, name: bytes) -> set[bytes]:
        return self._sets.get(name, set())

    def hkeys(self, name: bytes) -> list[bytes]:
        return self._hashes.get(name, [])

    def exists(self, *names: bytes) -> int:
        if not names:
            raise ValueError("EXISTS needs a key")
        return sum(name in self._keys for name in names)


def test_members_with_a_beat_live_and_the_others_are_ghosts() -> None:
    groups = {"central-global": ["a", "b", "c"], "ceilometer.notification": ["d"], "empty": []}
    assert groups_in(FakeRedis(groups, {"a", "c", "x"}, "_tooz")) == (
        GroupState("ceilometer.notification", members=0, ghosts=1),
        GroupState("central-global", members=2, ghosts=1),
        GroupState("empty", members=0, ghosts=0),
    )


def test_another_namespace_is_another_world() -> None:
    keys = FakeRedis({"g": ["a"]}, {"a"}, "mine")
    assert groups_in(keys) == ()
    assert groups_in(keys, "mine") == (GroupState("g", members=1),)


@given(
    st.dictionaries(st.text("abc", min_size=1), st.lists(st.text("xyz", min_size=1), unique=True)),
    st.sets(st.text("xyz", min_size=1)),
)
def test_nobody_is_counted_twice_or_forgotten(
    groups: dict[str, list[str]], beats: set[str]
) -> None:
    found = {group.name: group for group in groups_in(FakeRedis(groups, beats, "_tooz"))}
    assert found.keys() == groups.keys()
    for name, members in groups.items():
        assert found[name].members == len(set(members) & beats)
        assert found[name].members + found[name].ghosts == len(members)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (redis.ConnectionError("s3cret"), TransientError, "does not answer"),
        (redis.TimeoutError("s3cret"), TransientError, "does not answer"),
        (redis.AuthenticationError("s3cret"), CeiliftError, "refuses the login"),
        (redis.exceptions.NoPermissionError("s3cret"), CeiliftError, "refuses the login"),
        (redis.ResponseError("s3cret"), CeiliftError, "cannot be read"),
        (tooz.ToozError("s3cret"), CeiliftError, "cannot be read"),
    ],
)
def test_a_backend_that_fails_is_named_without_the_password(
    error: Exception, kind: type[CeiliftError], words: str
) -> None:
    shown = _shown("redis://user:s3cret@192.0.2.10:6379/2?password=s3cret")
    with pytest.raises(CeiliftError, match=words) as failed, _in_words(shown):
        raise error
    assert type(failed.value) is kind
    assert "redis://192.0.2.10:6379/2" in str(failed.value)
    assert "s3cret" not in repr(failed.value)


def test_an_unknown_backend_is_refused_in_words() -> None:
    with pytest.raises(CeiliftError, match="nosuch://host cannot be read"):
        live_groups("nosuch://host", "s3cret")


def test_other_backends_are_asked_through_tooz(tmp_path: object) -> None:
    assert live_groups(f"file://{tmp_path}") == ()
