"""Logins to keystone that the target needs: on a case that lacks one, and on a near miss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ceilift.credentials import Credentials
from ceilift.host_files import ConfigFile, HostFiles
from ceilift.pipeline import read_pipelines
from ceilift.pollsters import PollingSource
from tests.cases import not_told, told
from tests.crossing import EVENTS, going, notifying, pipeline
from tests.troubled import WARNING, Cloud, Fires, Silent, quiet

MAIN = "/etc/ceilometer/ceilometer.conf"
ID = "keystone-credentials"
WHOLE = (
    "auth_url",
    "password",
    "project_domain_id",
    "project_name",
    "user_domain_id",
    "username",
)
USUAL = "service_credentials"
NONE = Credentials(USUAL, USUAL, MAIN)
GOOD = Credentials(USUAL, USUAL, MAIN, "password", WHOLE)
BASIC = replace(GOOD, auth_type="gnocchi-basic", given=("endpoint", "user"))
BOTH = f"{MAIN} on ctl1, ctl2"


def polling(
    login: Credentials | None,
    *meters: str,
    resources: tuple[str, ...] = (),
    pair: tuple[str, str] = ("26.0.0", "27.0.0"),
) -> Callable[[], Cloud]:
    sources = (PollingSource("s", 300.0, meters or ("image.size",), resources),)
    logins = () if login is None else (login,)
    return lambda: going(*pair).polling(polling_sources=sources, credentials=logins)


def storing(
    *logins: Credentials, pair: tuple[str, str] = ("26.0.0", "27.0.0"), to: str = "gnocchi://"
) -> Callable[[], Cloud]:
    pipes = read_pipelines(pipeline(to), EVENTS)
    return lambda: notifying(going(*pair), pipelines=pipes, credentials=logins)


def own(section: str, login: Credentials = GOOD) -> Credentials:
    return replace(login, section=section, kept_in=section)


def led(section: str, login: Credentials = GOOD) -> Credentials:
    """A section that leads to the usual one, as each does unless it says otherwise."""
    return replace(login, section=section)


def with_files(make: Callable[[], Cloud], *options: str) -> Callable[[], Cloud]:
    files = HostFiles((ConfigFile("/etc/ceilometer/ceilometer.conf.d/x.conf", options),))
    return lambda: make().host("ctl1", files=files).host("ctl2", files=files)


def collecting(login: Credentials) -> Cloud:
    return quiet().agents(
        lambda one: (
            replace(one, config=replace(one.config, dispatchers=("gnocchi",), credentials=(login,)))
            if one.component == "collector"
            else one
        )
    )


FIRES: Fires = {
    "no section at all": (polling(NONE), ID, WARNING, BOTH),
    "all by a wildcard": (polling(NONE, "*"), ID, WARNING, BOTH),
    "no password": (polling(replace(GOOD, given=WHOLE[:1] + WHOLE[2:])), ID, WARNING, BOTH),
    "no domains for a keystone of v3 only": (
        polling(
            replace(GOOD, given=("auth_url", "password", "project_name", "username")),
            pair=("9.0.7", "10.0.1"),
        ),
        ID,
        WARNING,
        BOTH,
    ),
    "nothing to store in Gnocchi with": (storing(led("gnocchi", NONE)), ID, WARNING, BOTH),
    "credentials that stay behind": (
        storing(own("dispatcher_gnocchi"), led("gnocchi", NONE), pair=("9.0.7", "10.0.1")),
        ID,
        WARNING,
        BOTH,
    ),
    "a collector's dispatcher": (
        lambda: collecting(led("dispatcher_gnocchi", NONE)),
        ID,
        WARNING,
        BOTH,
    ),
}
SILENT: Silent = {
    "all of it": (polling(GOOD), ID),
    "nobody looked": (polling(None), ID),
    "a fixed list of targets": (polling(NONE, "*", resources=("snmp://192.0.2.1",)), ID),
    "a dynamic pollster of the operator's own": (polling(NONE, "own.meter"), ID),
    "SNMP alone": (polling(NONE, "hardware.*", pair=("17.0.2", "18.0.0")), ID),
    "no domains before Queens": (
        polling(
            replace(GOOD, given=("auth_url", "password", "project_name", "username")),
            pair=("8.1.5", "9.0.7"),
        ),
        ID,
    ),
    "another store": (storing(led("gnocchi", NONE), to="notifier://"), ID),
    "a login for Gnocchi alone": (
        storing(own("gnocchi", BASIC)),
        ID,
    ),
    "Gnocchi's section before Queens": (
        storing(led("gnocchi", NONE), led("dispatcher_gnocchi"), pair=("8.1.5", "9.0.7")),
        ID,
    ),
    "the rest in another file": (
        with_files(
            polling(replace(GOOD, given=WHOLE[:1] + WHOLE[2:])), "[service_credentials] password"
        ),
        ID,
    ),
    "a kind of login that is not known": (
        polling(replace(GOOD, auth_type="v3token", given=())),
        ID,
    ),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_section_and_options_are_named_and_what_was_read_before() -> None:
    make = storing(own("dispatcher_gnocchi"), led("gnocchi", NONE), pair=("9.0.7", "10.0.1"))

    (finding,) = make().found(ID)

    assert "[service_credentials] lacks auth_type" in finding.what
    assert "[dispatcher_gnocchi], which was read before, is whole" in finding.what
    assert finding.remedy.startswith("Set auth_type in [service_credentials]")


def test_what_is_set_in_another_section_does_not_count() -> None:
    make = with_files(polling(NONE), "[keystone_authtoken] auth_type")

    assert len(make().found(ID)) == 1
