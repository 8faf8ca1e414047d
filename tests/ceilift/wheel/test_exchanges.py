"""Exchanges: those of the options that targets are made of, and the one agents publish to."""

from __future__ import annotations

import pytest

from ceilift.errors import BadInputError
from ceilift.package import Exchanges, Option
from ceilift.wheel.exchanges import exchanges
from tests.wheels import sources

MESSAGING = "def setup():\n    oslo_messaging.set_transport_defaults('ceilometer')\n"
LISTED = """\
class Notification:
    def get_targets(self):
        return [Target(topic=topic, exchange=exchange)
                for exchange in set(self.conf.notification.control_exchanges)]
"""
OLD = """\
class Meters:
    def get_targets(self, conf):
        exchanges = [conf.nova_control_exchange, conf.dns_control_exchange]
        for exchange in exchanges:
            yield Target(topic='notifications', exchange=exchange)
"""
OPTIONS = (
    Option("notification", "control_exchanges", "MultiStrOpt", '["nova", "ironic"]'),
    Option("DEFAULT", "nova-control-exchange", "StrOpt", '"nova"'),
    Option("DEFAULT", "dns_control_exchange", "StrOpt", '"central"'),
    Option("DEFAULT", "unused_exchange", "StrOpt", '"nowhere"'),
    Option("DEFAULT", "host_exchange", "StrOpt", "<socket.gethostname()>"),
)


def test_what_options_list_is_listened_on() -> None:
    files = {"ceilometer/messaging.py": MESSAGING, "ceilometer/notification.py": LISTED}

    found = exchanges(sources(files), OPTIONS)

    assert found == Exchanges(("ironic", "nova"), ("ceilometer",))


def test_options_of_older_releases_are_one_each_and_those_that_nothing_uses_are_none() -> None:
    found = exchanges(sources({"ceilometer/meter/notifications.py": OLD}), OPTIONS)

    assert found == Exchanges(("central", "nova"))


def test_what_no_option_names_is_refused_with_its_place() -> None:
    text = LISTED.replace("control_exchanges", "somewhere")

    with pytest.raises(BadInputError, match=r"ceilometer.notification, line 2.*not known"):
        exchanges(sources({"ceilometer/notification.py": text}), OPTIONS)


def test_a_release_that_names_none_has_none() -> None:
    assert exchanges(sources(), OPTIONS) == Exchanges()
