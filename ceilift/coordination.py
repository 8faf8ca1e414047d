"""Coordination groups and their live members, read and never changed.

On Redis tooz' own keys are read directly, because tooz' get_members deletes members without a
beat (tooz/drivers/redis.py): a set `_tooz_groups`, a hash `_tooz_group:NAME` with a field for
each member, and for each member that beats a key `_tooz_beats:MEMBER` that expires. A member
without a beat is a ghost. What cannot be told this way: 9.0.x and 10.0.x polling agents beat at
their start and never again, so after half a minute a living one looks like a ghost; and no
member's host or release (ids are random).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, cast
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import redis
import tooz
from stevedore.exception import NoMatches
from tooz.coordination import get_coordinator

from ceilift.errors import CeiliftError, TransientError
from ceilift.state import GroupState

TIMEOUT_S = 5.0
NAMESPACE = "_tooz"
CREATED = b"__created__"  # the field by which tooz marks a group as existing; no member
READER = b"ceilift-reader"


class Keys(Protocol):
    """The three reads of Redis that are needed."""

    def smembers(self, name: bytes) -> set[bytes]:
        """The elements of a set."""
        ...

    def hkeys(self, name: bytes) -> list[bytes]:
        """The fields of a hash."""
        ...

    def exists(self, *names: bytes) -> int:
        """How many of these keys exist."""
        ...


def live_groups(url: str, password: str | None = None) -> tuple[GroupState, ...]:
    """Every group with its live members and ghosts, by name; empty groups included.

    `url` is tooz' (`redis://HOST:6379`). Raises TransientError when the backend does not answer,
    CeiliftError when it refuses; neither holds the password. Only Redis tells ghosts apart.
    """
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    with _in_words(_shown(url)):
        if parts.scheme not in {"redis", "rediss"} or "sentinel" in options:
            return _groups_by_tooz(_with_password(url, password))
        with _client(urlunsplit(parts._replace(query="")), password, options) as client:
            return groups_in(client, options.get("namespace", [NAMESPACE])[0])


def groups_in(keys: Keys, namespace: str = NAMESPACE) -> tuple[GroupState, ...]:
    """The groups that tooz keeps under a namespace of Redis."""
    prefix = namespace.encode()
    names = sorted(keys.smembers(prefix + b"_groups"))
    return tuple(_group(keys, prefix, name) for name in names)


def _group(keys: Keys, prefix: bytes, name: bytes) -> GroupState:
    members = [item for item in keys.hkeys(prefix + b"_group:" + name) if item != CREATED]
    beats = [prefix + b"_beats:" + member for member in members]
    live = keys.exists(*beats) if beats else 0
    return GroupState(name.decode(errors="replace"), live, len(members) - live)


@contextmanager
def _client(url: str, password: str | None, options: Mapping[str, list[str]]) -> Iterator[Keys]:
    chosen = {key: options[key][0] for key in ("db", "username") if key in options}
    client = redis.Redis.from_url(
        url,
        password=password,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        protocol=2,  # what every server since 1.2 speaks
        **chosen,
    )
    try:
        yield cast("Keys", client)  # its own types allow for decoded answers; ours are bytes
    finally:
        client.close()


def _groups_by_tooz(url: str) -> tuple[GroupState, ...]:
    """By tooz itself, as a coordinator that joins no group."""
    coordinator = get_coordinator(url, READER)
    coordinator.start()
    try:
        names = sorted(coordinator.get_groups().get(timeout=TIMEOUT_S))
        members = {name: coordinator.get_members(name).get(timeout=TIMEOUT_S) for name in names}
    finally:
        coordinator.stop()
    return tuple(
        GroupState(name.decode(errors="replace"), len(found)) for name, found in members.items()
    )


def _with_password(url: str, password: str | None) -> str:
    if not password:
        return url
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))


def _shown(url: str) -> str:
    """The URL without user, password and options."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


@contextmanager
def _in_words(shown: str) -> Iterator[None]:
    try:
        yield
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError):
        raise CeiliftError(f"The coordination at {shown} refuses the login") from None
    except (redis.ConnectionError, redis.TimeoutError) as error:
        words = f"does not answer ({type(error).__name__})"
        raise TransientError(f"The coordination at {shown} {words}") from None
    except (redis.RedisError, tooz.ToozError, NoMatches, ImportError, TimeoutError) as error:
        words = f"cannot be read ({type(error).__name__})"
        raise CeiliftError(f"The coordination at {shown} {words}") from None
