"""What is said of the options that are set: on a case that has it, and one that just has not."""

from __future__ import annotations

from collections.abc import Callable

from ceilift.host_files import ConfigFile, HostFiles
from tests.cases import not_told, told
from tests.crossing import going
from tests.troubled import INFO, WARNING, Cloud, Fires, Silent

MAIN = "/etc/ceilometer/ceilometer.conf"


def setting(cloud: Cloud, *options: str, hosts: tuple[str, ...] = ("ctl1", "ctl2")) -> Cloud:
    """The cloud whose hosts set these options; its other hosts have the file, and set others."""
    for host in cloud.inventory.hosts:
        names = options if host.name in hosts else ("[DEFAULT] debug",)
        cloud = cloud.host(host.name, files=HostFiles((ConfigFile(MAIN, names),)))
    return cloud


def to_zed(*options: str) -> Callable[[], Cloud]:
    return lambda: setting(going("18.1.0", "19.1.0"), *options)


def to_hibiscus(*options: str) -> Callable[[], Cloud]:
    return lambda: setting(going("26.0.0", "27.0.0"), *options)


DIRS = "pollsters_definitions_dirs"
BOTH = f"{MAIN} on ctl1, ctl2"
FIRES: Fires = {
    "removed": (to_zed("[hardware] url_scheme"), "option-removed", WARNING, BOTH),
    "another name is read": (
        to_hibiscus("[polling] tenant_name_discovery"),
        "option-renamed",
        INFO,
        BOTH,
    ),
    "to be removed": (
        lambda: setting(going("16.0.1", "17.0.2"), "[coordination] check_watchers"),
        "option-deprecated",
        INFO,
        BOTH,
    ),
    "a default relied upon": (
        lambda: setting(
            going("22.0.1", "23.0.2"),
            "[notification] notification_control_exchanges",
            hosts=("ctl1",),
        ),
        "default-changed",
        INFO,
        "ceilometer.conf on ctl2",
    ),
    "definitions nobody reads": (
        lambda: setting(going("16.0.1", "17.0.2"), f"[polling] {DIRS}"),
        "T22",
        WARNING,
        BOTH,
    ),
    "what another boundary's trap is about": (
        lambda: setting(going("11.1.0", "12.1.1"), "[notification] batch_timeout"),
        "option-removed",
        WARNING,
        BOTH,
    ),
    "on one host only": (
        lambda: setting(going("18.1.0", "19.1.0"), "[hardware] url_scheme", hosts=("ctl2",)),
        "option-removed",
        WARNING,
        f"{MAIN} on ctl2",
    ),
    "the old secret": (to_hibiscus("[DEFAULT] metering_secret"), "T17", WARNING, BOTH),
    "metadata not asked for": (to_hibiscus("[DEFAULT] debug"), "T18", WARNING, BOTH),
}
SILENT: Silent = {
    "an option that stays": (to_zed("[DEFAULT] libvirt_type"), "option-removed"),
    "an option of a library": (
        to_zed("[oslo_messaging_rabbit] rabbit_ha_queues"),
        "option-removed",
    ),
    "removed before, so already passed over": (
        lambda: setting(going("19.1.0", "20.0.0"), "[hardware] url_scheme"),
        "option-removed",
    ),
    "still there": (
        lambda: setting(going("17.0.2", "18.1.0"), "[hardware] url_scheme"),
        "option-removed",
    ),
    "told by its trap": (to_hibiscus("[DEFAULT] metering_secret"), "option-removed"),
    "its present name": (to_hibiscus("[polling] identity_name_discovery"), "option-renamed"),
    "a default set": (
        lambda: setting(going("22.0.1", "23.0.2"), "[notification] notification_control_exchanges"),
        "default-changed",
    ),
    "a default set by an older name": (
        lambda: setting(going("22.0.1", "23.0.2"), "[DEFAULT] http_control_exchanges"),
        "default-changed",
    ),
    "a default told by its trap": (to_hibiscus("[DEFAULT] debug"), "default-changed"),
    "no file was read": (lambda: going("22.0.1", "23.0.2"), "default-changed"),
    "read from [DEFAULT], too": (
        lambda: setting(going("16.0.1", "17.0.2"), f"[polling] {DIRS}", f"[DEFAULT] {DIRS}"),
        "T22",
    ),
    "set where it is read": (
        lambda: setting(going("16.0.1", "17.0.2"), f"[DEFAULT] {DIRS}"),
        "T22",
    ),
    "no dynamic pollsters yet": (
        lambda: setting(going("12.1.1", "13.1.2"), f"[polling] {DIRS}"),
        "T22",
    ),
    "both names of the secret": (
        to_hibiscus("[DEFAULT] metering_secret", "[publisher] telemetry_secret"),
        "T17",
    ),
    "the new secret": (to_hibiscus("[publisher] telemetry_secret"), "T17"),
    "metadata asked for": (to_hibiscus("[compute] fetch_extra_metadata"), "T18"),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_the_options_of_a_section_are_told_together_and_with_every_name() -> None:
    gone = [f"[hardware] {name}" for name in ("url_scheme", "readonly_user_name")]
    found = setting(going("18.1.0", "19.1.0"), *gone, "[coordination] check_watchers")

    first, second = found.found("option-removed")

    assert "check_watchers" in first.what
    assert "readonly_user_name, url_scheme" in second.what
    assert "ceilift releases diff 18.1.0 19.1.0" in second.remedy


def test_where_another_name_takes_the_same_value_the_remedy_says_when() -> None:
    cloud = setting(going("24.0.2", "25.0.0"), "[service_types] cinderv2")

    (finding,) = cloud.found("option-removed")

    assert "[service_types] cinder only" in finding.what
    assert "before the upgrade: 24.0.2 reads that name, too" in finding.remedy


def test_of_a_list_only_what_comes_and_goes_is_told() -> None:
    (finding,) = setting(going("22.0.1", "23.0.2"), "[DEFAULT] debug").found("default-changed")

    assert finding.what.endswith("[notification] notification_control_exchanges without sahara")


def test_files_in_other_folders_are_told_by_their_name() -> None:
    cloud = going("18.1.0", "19.1.0")
    for host in ("ctl1", "ctl2"):
        files = HostFiles((ConfigFile(f"/{host}/ceilometer.conf", ("[hardware] url_scheme",)),))
        cloud = cloud.host(host, files=files)

    (finding,) = cloud.found("option-removed")

    assert finding.where == "ceilometer.conf on ctl1, ctl2"


def test_a_batch_that_is_waited_for_without_end_is_told() -> None:
    old, new = "17.0.2", "18.1.0"
    size, timeout = "[notification] batch_size", "[notification] batch_timeout"

    (alone,) = setting(going(old, new), size).found("T20")
    (timed,) = setting(going(old, new), size, timeout).found("T20")

    assert "waits until so many messages are there" in alone.what
    assert "waits until" not in timed.what


def test_a_saved_look_without_files_says_what_it_always_said() -> None:
    ids = {finding.id for finding in going("26.0.0", "27.0.0").planned().findings}

    assert {"T17", "T18"} <= ids
    assert not any(name.startswith("option-") for name in ids)
