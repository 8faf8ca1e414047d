"""What a unit's definition starts: which program of which release, with which options."""

from __future__ import annotations

import pytest

from ceilift.component import Component
from ceilift.probe.records import File
from ceilift.probe.units import definition, seed_is_fixed, supervised
from ceilift.state import Restart

SUPERVISOR = """\
[program:ceilometer-polling]
command=/opt/ceilometer/8.1.5/bin/ceilometer-polling --polling-namespaces central ipmi --config-file /etc/p.conf
environment=PYTHONHASHSEED="0",LANG="C"
autostart=false

[program:ceilometer-collector]
command=env X=1 /opt/ceilometer/8.1.5/bin/ceilometer-collector --config-file=/etc/c.conf

[program:nginx]
command=/usr/sbin/nginx
[eventlistener:x]
command=/opt/ceilometer/8.1.5/bin/ceilometer-polling
"""  # noqa: E501


def test_every_program_of_ceilometer_in_a_file_of_supervisor() -> None:
    polling, collector = supervised({"/etc/supervisor/c.conf": File(SUPERVISOR, 0)})

    assert (polling.unit, polling.component) == ("ceilometer-polling", Component.POLLING)
    assert polling.program == "/opt/ceilometer/8.1.5/bin/ceilometer-polling"
    assert polling.namespaces == ("central", "ipmi")
    assert polling.configs == ("/etc/p.conf",)
    assert (polling.restart, polling.hash_seed_fixed) == (Restart.PREVENTED, True)
    assert (collector.component, collector.configs) == (Component.COLLECTOR, ("/etc/c.conf",))
    assert (collector.restart, collector.hash_seed_fixed) == (Restart.ENABLED, False)
    assert collector.namespaces == ()


@pytest.mark.parametrize("text", ["[program:x\ncommand=1", "no section", "", "[program:a]\n"])
def test_a_file_that_cannot_be_understood_defines_nothing(text: str) -> None:
    assert supervised({"/etc/supervisor/c.conf": File(text, 0)}) == ()


def test_only_files_of_supervisor_are_read() -> None:
    assert supervised({"/etc/ceilometer/pipeline.yaml": File(SUPERVISOR, 0)}) == ()


@pytest.mark.parametrize(
    "command",
    ["", "/usr/sbin/nginx", "ceilometer-polling 'open quote", "/opt/ceilometer-polling.sh"],
)
def test_what_starts_nothing_of_ceilometer_is_no_definition(command: str) -> None:
    assert definition("x", command, "", Restart.ENABLED) == []


def test_an_agent_told_no_namespaces_polls_the_options_default() -> None:
    [found] = definition("x", "/opt/bin/ceilometer-polling", "", Restart.ENABLED)

    assert found.namespaces == ("compute", "central")


def test_options_of_another_kind_do_not_hide_the_program() -> None:
    [found] = definition(
        "x", "/opt/bin/ceilometer-polling --polling-namespaces", "", Restart.ENABLED
    )

    assert found.component is Component.POLLING


@pytest.mark.parametrize(
    ("environment", "fixed"),
    [
        ("PYTHONHASHSEED=0", True),
        ('A="1",PYTHONHASHSEED="0"', True),
        ('"PYTHONHASHSEED=42" B=2', True),
        ("PYTHONHASHSEED=random", False),
        ("PYTHONHASHSEED=", False),
        ("", False),
    ],
)
def test_whether_hashes_are_the_same_after_a_restart(environment: str, *, fixed: bool) -> None:
    assert seed_is_fixed(environment) is fixed
