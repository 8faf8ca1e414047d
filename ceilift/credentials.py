"""The sections of ceilometer.conf by which agents log in to keystone: what is set, and what lacks.

Options are keystoneauth's (loading/identity.py, loading/_plugins/identity of 5.x), with the older
names that it still reads. Names alone are kept, and of the values the kind of login.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

USUAL = "service_credentials"  # where the others lead, unless they say otherwise
SECTIONS = (USUAL, "gnocchi", "dispatcher_gnocchi")
ALONE_FROM = 10  # the series with which keystone serves v3 only: every name needs its domain

Needs = tuple[tuple[str, ...], ...]  # of each, one of these names

SCOPES = ("system_scope", "domain_id", "domain_name", "trust_id")
USER: Needs = (("auth_url",), ("username", "user_name", "user_id"), ("password",))
PROJECT = ("project_name", "tenant_name", "project_id", "tenant_id", *SCOPES)
ANY_DOMAIN = ("default_domain_id", "default_domain_name")
DOMAINS: Needs = (
    ("user_domain_name", "user_domain_id", "user_id", *ANY_DOMAIN),
    ("project_domain_name", "project_domain_id", "project_id", "tenant_id", *SCOPES, *ANY_DOMAIN),
)
APPLICATION: Needs = (
    ("auth_url",),
    ("application_credential_id", "application_credential_name"),
    ("application_credential_secret",),
)
NEEDS: Mapping[str, Needs] = {
    "password": (*USER, PROJECT),
    "v2password": (*USER, PROJECT),
    "v3password": (*USER, PROJECT, *DOMAINS),
    "v3applicationcredential": APPLICATION,
    "gnocchi-basic": (("user",), ("endpoint",)),
}
TOLD = 2  # of names that do the same: the usual one, and one more


@dataclass(frozen=True, slots=True)
class Credentials:
    """One such section of one agent's configuration.

    `kept_in` is the section that holds the options (`auth_section` may name another), `auth_type`
    the kind of login ("": none is set), `given` the options that have a value, `file` the first of
    the agent's configuration files.
    """

    section: str
    kept_in: str
    file: str
    auth_type: str = ""
    given: tuple[str, ...] = ()

    def lacking(self, series: int, also: Collection[str] = ()) -> tuple[str, ...]:
        """What an agent of that series would miss; none for a kind of login that is not known.

        `also`: options of that section which other files set. Where the kind of login stands in
        one of those, nothing can be told.
        """
        given = {*self.given, *also}
        if not self.auth_type:
            return () if given & {"auth_type", "auth_plugin"} else ("auth_type",)
        needs = NEEDS.get(self.auth_type, ())
        if self.auth_type == "password" and series >= ALONE_FROM:
            needs = (*needs, *DOMAINS)
        return tuple(" or ".join(one[:TOLD]) for one in needs if not given & {*one})
