"""What a log says last is found where the agent writes it, and shown without secrets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ceilift.errors import TransientError
from ceilift.remote.shell import Result
from ceilift.services.log import last_error
from tests.ceilift.services.conftest import UNIT, LocalHost

BAD = "2026-01-01 00:00:01.000 7 ERROR oslo_db [-] no route to mysql://me:hunter2@192.0.2.1/db"
LOG = f"""\
2026-01-01 00:00:00.000 7 INFO cotyledon [-] starting
{BAD}
2026-01-01 00:00:01.000 7 ERROR oslo_db (Background on this error at: https://sqlalche.me/e/14/e3q8)
2026-01-01 00:00:01.000 7 ERROR oslo_db
2026-01-01 00:00:02.000 7 INFO cotyledon [-] going on
"""


def looked(host: LocalHost) -> str:
    return last_error(host, host.inventory, UNIT, UNIT)


def test_the_file_of_the_unit_is_read(host: LocalHost) -> None:
    log = host.file("var/own.log", LOG)
    host.file(f"etc/conf.d/{UNIT}.conf", f"[program:{UNIT}]\ncommand=agent --log-file {log} -v\n")
    found = looked(host)
    assert f"look at {log} on ctl1; its last error: 2026-01-01 00:00:01.000 7 ERROR" in found
    assert "hunter2" not in found
    assert log.read_text() == LOG


@pytest.mark.parametrize("options", ["log_dir = {0}\n", "log_file = agent.log\nlog_dir = {0}\n"])
def test_the_options_of_the_configuration_are_followed(host: LocalHost, options: str) -> None:
    for name in (f"{UNIT}.log", "agent.log"):
        host.file(f"logs/{name}", LOG)
    folder = host.root / "logs"
    main = host.file("etc/ceilometer/ceilometer.conf", "[DEFAULT]\n" + options.format(folder))
    config = host.inventory.config.model_copy(update={"main": str(main)})
    host.inventory = host.inventory.model_copy(update={"config": config})
    assert f"look at {folder}/" in looked(host)
    assert "no route" in looked(host)


def test_a_log_without_an_error_is_still_named(host: LocalHost) -> None:
    log = host.file("var/own.log", "INFO all is well\n")
    host.file(f"etc/conf.d/{UNIT}.conf", f"command=agent --log-file={log}\n")
    assert looked(host) == f"look at {log} on ctl1 (no error in its last lines)"


def test_systemd_is_asked_where_the_inventory_names_no_definition(systemd_host: LocalHost) -> None:
    """What comes last counts: our own drop-in, or the end of a unit beside another."""
    log = systemd_host.file("var/own.log-ceilift", LOG)
    other = systemd_host.file("var/own.log", "")
    lines = "".join(f"ExecStart=agent --log-file {one}\n" for one in (other, log))
    systemd_host.file("cat", lines)
    asks = f'#!/bin/sh\n[ "$*" = "cat {UNIT}" ] && cat {systemd_host.root}/cat\n'
    systemd_host.file("bin/systemctl", asks, 0o755)
    assert f"look at {log} on ctl1; its last error: 2026" in looked(systemd_host)


def test_the_journal_is_asked_where_there_is_no_file(systemd_host: LocalHost) -> None:
    systemd_host.file("bin/journalctl", "#!/bin/sh\necho ' ERROR token=abc broke'\n", 0o755)
    found = looked(systemd_host)
    assert found == f"look at journalctl -u {UNIT} on ctl1; its last error: ERROR token=*** broke"


def test_a_long_line_is_cut(host: LocalHost) -> None:
    log = host.file("var/own.log", " ERROR oslo_db " + "x" * 5000 + "\n")
    host.file(f"etc/conf.d/{UNIT}.conf", f"command=agent --log-file {log}\n")
    assert 300 < len(looked(host)) < 500


@dataclass(frozen=True)
class Unreachable:
    """A host that does not answer."""

    host: str = "ctl1"

    def run(
        self,
        script: str,  # noqa: ARG002 - the protocol's
        *args: str,  # noqa: ARG002 - the protocol's
        timeout_s: float = 30.0,  # noqa: ARG002 - the protocol's
        become: bool = True,  # noqa: ARG002 - the protocol's
    ) -> Result:
        raise TransientError("no answer", host=self.host)


def test_a_host_that_does_not_answer_adds_nothing(host: LocalHost) -> None:
    assert last_error(Unreachable(), host.inventory, UNIT, UNIT) == ""
