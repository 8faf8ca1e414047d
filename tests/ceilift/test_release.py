"""The catalogue that ships, and the format it is written in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from packaging.version import Version
from pydantic import BaseModel, ValidationError
from yaml import YAMLError

from ceilift.component import Component
from ceilift.errors import BadInputError
from ceilift.release import Fact, Release, SeriesFiles, is_older, load_series
from tests.clouds import catalogue

OLD = "5.0.5 6.1.5 7.1.1 8.1.5 9.0.7 10.0.1 11.1.0 12.1.1 13.1.2 14.1.0 15.1.0 16.0.1 17.0.2"
NEW = "18.1.0 19.1.0 20.0.0 21.0.1 22.0.1 23.0.2 24.0.2 25.0.0 26.0.0 27.0.0"
LAST = {int(version.split(".")[0]): version for version in f"{OLD} {NEW}".split()}
NAMES = ("user_name", "project_name")
LISTED = tuple(catalogue().releases)
SERIES = """
series: 9
name: Pike
scripts: {value: {polling: ceilometer-polling}, source: setup.cfg}
dbsync:
  command: {value: [ceilometer-upgrade], source: storage.py}
  sql: {value: true, source: storage.py}
polling:
  first_poll_intervals: {value: 2, source: manager.py}
  first_poll_intervals_coordinated: {value: 2, source: manager.py}
  default_interval_s: {value: 300, source: polling.yaml}
  ring: {value: tooz, source: manager.py}
  membership: {value: never, source: bug}
  static_group_hash: {value: true, source: utils.py}
notification:
  reload: {value: sighup, source: lab}
  partitioning: {value: true, source: notification.py}
  group: {value: null, source: notification.py}
  ipc_queue_prefix: {value: null, source: pipeline.py}
payload:
  sends: {value: [], source: sample.py}
  requires: {value: [], source: notifications.py}
timing:
  stop_s: {value: {polling: 0.6}, source: lab}
  start_s: {value: {polling: 3}, source: lab}
  dbsync_s: {value: 4, source: lab}
queues: {value: {}, source: messaging.py}
releases:
"""


def facts(model: BaseModel) -> Iterator[Fact[object]]:
    """Every fact of a release, at any depth."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Fact):
            yield value
        elif isinstance(value, BaseModel):
            yield from facts(value)


def test_every_series_is_listed_to_its_last_release_oldest_first() -> None:
    last = {int(version.split(".")[0]): version for version in LISTED}

    assert last == LAST
    assert len(LISTED) == len(set(LISTED)) == 76


def test_only_the_series_that_is_asked_for_is_parsed() -> None:
    found = SeriesFiles(
        {"8.yaml": "not: [yaml\nreleases:\n  8.1.5: {}\n", "9.yaml": f"{SERIES}  9.0.7: {{}}\n"}
    )

    assert list(found) == ["8.1.5", "9.0.7"]
    assert found["9.0.7"].name == "Pike"
    with pytest.raises(YAMLError):
        found["8.1.5"]


@pytest.mark.parametrize("version", LISTED)
def test_every_fact_names_its_source(version: str) -> None:
    found = list(facts(catalogue().get(version)))

    assert len(found) > 15
    assert all(len(fact.source) > 8 for fact in found)


@pytest.mark.parametrize("version", LISTED)
def test_series_and_queues_belong_to_the_release(version: str) -> None:
    release = catalogue().get(version)

    assert release.series == int(version.split(".", maxsplit=1)[0])
    assert set(release.queues.value) <= set(release.scripts.value)
    assert set(release.timing.stop_s.value) == set(release.timing.start_s.value)


@pytest.mark.parametrize(
    ("version", "has"), [(version, series < 10) for series, version in LAST.items()]
)
def test_collector_api_and_database_end_with_pike(version: str, *, has: bool) -> None:
    release = catalogue().get(version)

    assert release.has(Component.COLLECTOR) is has
    assert release.has(Component.API) is has
    assert release.dbsync.sql.value is has
    assert release.has(Component.POLLING)
    assert release.has(Component.NOTIFICATION)


@pytest.mark.parametrize(
    ("version", "alone", "coordinated"),
    [("5.0.5", 0, 1), ("6.1.5", 0, 1), ("7.1.1", 1, 2), ("8.1.5", 1, 2), ("9.0.7", 2, 2)]
    + [(version, 0, 0) for series, version in LAST.items() if series > 9],
)
def test_first_poll(version: str, alone: int, coordinated: int) -> None:
    release = catalogue().get(version)

    assert release.first_poll_intervals(coordinated=False) == alone
    assert release.first_poll_intervals(coordinated=True) == coordinated


@pytest.mark.parametrize(
    ("version", "sends", "requires"),
    [
        *((version, (), ()) for version in LISTED if Version(version) < Version("18.1")),
        ("18.1.0", NAMES, NAMES),
        ("19.0.0", (), ()),
        ("19.1.0", NAMES, NAMES),
        ("20.0.0", NAMES, ()),
        ("21.0.0", NAMES, NAMES),
        ("21.0.1", NAMES, NAMES),
        *((version, NAMES, ()) for series, version in LAST.items() if series > 21),
    ],
)
def test_fields_that_are_sent_and_wanted(
    version: str, sends: tuple[str, ...], requires: tuple[str, ...]
) -> None:
    payload = catalogue().get(version).payload

    assert (payload.sends.value, payload.requires.value) == (sends, requires)


@pytest.mark.parametrize(
    ("version", "membership", "ring"),
    [
        ("8.0.0", "each-interval", "ceilometer"),
        ("9.0.0", "never", "tooz"),
        ("10.0.1", "never", "tooz"),
        ("11.0.0", "never", "tooz"),
        ("11.0.1", "each-interval", "tooz"),
        ("27.0.0", "each-interval", "tooz"),
    ],
)
def test_rings_and_when_a_member_learns_of_others(version: str, membership: str, ring: str) -> None:
    polling = catalogue().get(version).polling

    assert (polling.membership.value, polling.ring.value) == (membership, ring)


@pytest.mark.parametrize(
    ("version", "group", "queues"),
    [
        ("5.0.0", "ceilometer.notification", "ceilometer-pipe"),
        ("9.0.7", "ceilometer.notification", "ceilometer-pipe"),
        ("10.0.1", "ceilometer.notification.v2", "ceilometer_ipc"),
        ("11.1.0", "ceilometer.notification.v2", "ceilometer_ipc"),
        ("12.0.0", None, None),
        ("27.0.0", None, None),
    ],
)
def test_how_notification_agents_share_their_work(
    version: str, group: str | None, queues: str | None
) -> None:
    notification = catalogue().get(version).notification

    assert (notification.group.value, notification.ipc_queue_prefix.value) == (group, queues)
    assert notification.partitioning.value is (group is not None)


@pytest.mark.parametrize(
    ("version", "program"), [("5.0.0", "ceilometer-dbsync"), ("6.1.5", "ceilometer-dbsync")]
)
def test_before_newton_there_is_dbsync_alone(version: str, program: str) -> None:
    assert catalogue().get(version).dbsync.command.value == (program,)


def test_ocata_migrates_with_upgrade_not_dbsync() -> None:
    command = catalogue().get("8.1.5").dbsync.command.value

    assert command == ("ceilometer-upgrade", "--skip-gnocchi-resource-types")


@pytest.mark.parametrize("version", [version for series, version in LAST.items() if series > 9])
def test_modern_upgrade_never_retries_for_ever(version: str) -> None:
    assert "--retry" in catalogue().get(version).dbsync.command.value


def test_an_unlisted_release_is_refused_with_what_is_known() -> None:
    with pytest.raises(BadInputError, match=r"9\.0\.9.*not in the catalogue.*8\.1\.5, 9\.0\.0"):
        catalogue().get("9.0.9")


def test_a_point_release_overlays_its_series() -> None:
    found = load_series(
        f"{SERIES}  9.0.6: {{}}\n"
        "  9.0.7: {polling: {ring: {value: ceilometer, source: a patch}}}\n",
        "9.yaml",
    )

    assert found["9.0.6"].polling.ring.value == "tooz"
    assert found["9.0.7"].polling.ring.source == "a patch"
    assert found["9.0.7"].polling.membership == found["9.0.6"].polling.membership


def test_an_exception_for_an_unknown_fact_is_refused() -> None:
    with pytest.raises(ValueError, match="rings"):
        load_series(f"{SERIES}  9.0.7: {{polling: {{rings: 1}}}}\n", "9.yaml")


def test_a_fact_without_source_is_refused() -> None:
    with pytest.raises(ValidationError, match="source"):
        load_series(
            f"{SERIES}  9.0.7: {{queues: {{value: {{}}}}}}\n".replace(", source: lab", ""), "9"
        )


@pytest.mark.parametrize(
    ("left", "right", "older"),
    [("8.1.5", "9.0.7", True), ("9.0.7", "9.0.6", False), ("9.0.7", "16.0.1", True)],
)
def test_age_is_by_number_not_by_letter(left: str, right: str, *, older: bool) -> None:
    assert is_older(left, right) is older


def test_an_unknown_release_counts_as_older() -> None:
    assert is_older("unknown", "8.1.5")


def test_a_release_is_frozen() -> None:
    release: Release = catalogue().get("9.0.7")

    with pytest.raises(ValidationError, match="frozen"):
        release.series = 10
