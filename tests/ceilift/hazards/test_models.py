"""Data models that do not only add, in an upgrade of a cloud that uses them."""

from __future__ import annotations

import pytest

from ceilift.finding import Severity
from ceilift.host_files import ConfigFile, DataFile, HostFiles, NamedFile
from ceilift.mantra import uses_of
from ceilift.packages import load_package
from tests.clouds import Field
from tests.crossing import going
from tests.troubled import Cloud


def told(cloud: Cloud) -> list[tuple[Severity, str]]:
    return [(one.severity, one.where) for one in cloud.found("mantra")]


def rolled(old: str, new: str, **asked: Field) -> Cloud:
    return going(old, new).asked(to=new, path="partial", **asked)


def test_a_field_that_old_agents_miss_while_new_ones_send_without_it() -> None:
    assert told(rolled("18.1.0", "19.0.0")) == [
        (Severity.BLOCKER, "sample.project_name.missing"),
        (Severity.BLOCKER, "sample.user_name.missing"),
    ]


def test_it_may_be_accepted() -> None:
    cloud = rolled("18.1.0", "19.0.0", accept={"mantra": "no samples in that hour"})

    assert {severity for severity, _ in told(cloud)} == {Severity.WARNING}


def test_where_all_are_stopped_nobody_old_reads_it() -> None:
    assert {severity for severity, _ in told(going("18.1.0", "19.0.0"))} == {Severity.WARNING}


def test_attributes_of_gnocchi_concern_a_cloud_that_has_it() -> None:
    assert [where for _, where in told(going("24.0.2", "25.0.0"))] == [
        "gnocchi.instance.host.relaxed"
    ]
    assert told(going("24.0.2", "25.0.0", store="other")) == []


PATH = "/etc/ceilometer/gnocchi_resources.yaml"
EVENTS = "/etc/ceilometer/event_definitions.yaml"
METERS = "/etc/ceilometer/meters.d/own.yaml"
NAMES = "resources: [{resource_type: instance, attributes: {owner: user_name}}]"


def keeping(cloud: Cloud, *files: DataFile | NamedFile, option: str = "[DEFAULT] debug") -> Cloud:
    """The cloud with these files on ctl1, whose configuration sets that option."""
    data = tuple(one for one in files if isinstance(one, DataFile))
    named = tuple(one for one in files if isinstance(one, NamedFile))
    configs = (ConfigFile("/etc/ceilometer/ceilometer.conf", (option,)),)
    return cloud.host("ctl1", files=HostFiles(configs, data, named=named))


def naming(store: str = "gnocchi", old: str = "18.1.0", new: str = "19.0.0") -> Cloud:
    """From a release that sends the user's name with each sample to one that does not."""
    return keeping(going(old, new, store), DataFile(PATH, "0" * 64, uses_of(NAMES)))


def hearing(*uses: str, path: str = METERS, option: str = "[DEFAULT] debug") -> Cloud:
    """From a release that listens on sahara's exchange to one that does not."""
    file = NamedFile("meter_definitions_dirs", path, "file", "0" * 64, uses)
    return keeping(going("22.0.1", "23.0.2"), file, option=option)


def test_a_field_that_the_operators_own_file_reads_and_that_goes_refuses_even_where_all_stop() -> (
    None
):
    (finding,) = naming().found("mantra")[:1]

    assert (finding.severity, finding.where) == (Severity.BLOCKER, f"{PATH} on ctl1")
    assert "used by your own gnocchi_resources.yaml" in finding.what
    assert "ceilift check mantra 18.1.0 19.0.0 --file FILE" in finding.remedy
    accepted = naming().asked(to="19.0.0", accept={"mantra": "nobody looks"})
    assert accepted.planned().blockers == ()


def test_a_file_that_no_agent_reads_or_that_is_the_targets_refuses_nothing() -> None:
    package = load_package("19.0.0")
    assert package is not None
    theirs = next(
        digest for path, digest in package.files.items() if path.endswith("resources.yaml")
    )
    same = keeping(going("18.1.0", "19.0.0"), DataFile(PATH, theirs, uses_of(NAMES)))

    for cloud in (naming(store="other"), naming(old="16.0.1", new="17.0.2"), same):
        assert Severity.BLOCKER not in {severity for severity, _ in told(cloud)}


FLAVOR = "resources: [{resource_type: instance, attributes: {flavor_id: x, flavor_name: y}}]"


@pytest.mark.parametrize(
    ("text", "severity"),
    [(FLAVOR.replace(", flavor_name: y", ""), Severity.BLOCKER), (FLAVOR, Severity.WARNING)],
)
def test_resources_of_an_older_release_that_leave_out_what_gnocchi_then_demands(
    text: str, severity: Severity
) -> None:
    """8.1.5 brings such a file itself: with it, agents of 9.0 create no instance any more."""
    cloud = keeping(going("8.1.5", "9.0.7"), DataFile(PATH, "0" * 64, uses_of(text)))

    (finding,) = [one for one in cloud.found("mantra") if "flavor_name" in one.what]

    assert finding.severity is severity
    assert ("left out by your own" in finding.what) is (severity is Severity.BLOCKER)


def test_meters_made_of_notifications_that_nobody_hears_any_more_refuse_the_plan() -> None:
    (finding,) = hearing("exchange.sahara").found("mantra")

    assert (finding.severity, finding.where) == (Severity.BLOCKER, f"{METERS} on ctl1")
    assert "let agents listen there" in finding.remedy


def test_where_the_operator_says_where_agents_listen_nothing_goes() -> None:
    option = "[notification] notification_control_exchanges"

    assert told(hearing("exchange.sahara", option=option)) == []
    assert told(hearing("exchange.trove")) == []


def test_kinds_of_events_that_stand_in_the_packaged_definitions_are_not_the_operators_own() -> None:
    cloud = going("22.0.1", "23.0.2")
    packaged = ("exchange.compute", "exchange.sahara")

    assert told(keeping(cloud, DataFile(EVENTS, "0" * 64, packaged))) == []


@pytest.mark.parametrize(("old", "new"), [("9.0.7", "10.0.1"), ("17.0.2", "18.1.0")])
def test_additions_and_what_t1_tells_are_not_told_here(old: str, new: str) -> None:
    assert told(rolled(old, new)) == []
