"""Ceilometer's own files: what an upgrade needs of them, and no secret."""

from __future__ import annotations

import hashlib

import pytest

from ceilift.config_files import Options, read_polling
from ceilift.digest import digest

CONF = """\
[DEFAULT]
host = ctl1
host = ctl2
transport_url = rabbit://guest:hunter2@mq/

[notification]
workload-partitioning = True
[polling]
batch_size =
"""


def test_the_last_value_of_an_option_counts_and_dashes_are_underscores() -> None:
    options = Options(CONF)

    assert options.get("DEFAULT", "host") == "ctl2"
    assert options.flag("notification", "workload_partitioning")
    assert options.get("polling", "batch_size") == ""
    assert options.get("polling", "cfg_file") is None
    assert not options.flag("polling", "cfg_file")
    assert options.fault == ""


def test_every_value_of_an_option_that_may_be_set_again_is_kept() -> None:
    options = Options(CONF)

    assert options.each("DEFAULT", "host") == ("ctl1", "ctl2")
    assert options.each("DEFAULT", "debug") == ()


@pytest.mark.parametrize(
    ("text", "on"),
    [("true", True), ("On", True), ("1", True), ("yes", True), ("no", False), ("", False)],
)
def test_flags_are_read_as_oslo_config_reads_them(text: str, *, on: bool) -> None:
    assert Options(f"[a]\nb = {text}\n").flag("a", "b") is on


def test_a_broken_file_keeps_what_came_before_and_shows_no_line_of_it() -> None:
    options = Options("[a]\nb = 1\npassword hunter2\n[c]\nd = 1\n")

    assert options.get("a", "b") == "1"
    assert "3" in options.fault
    assert "hunter2" not in options.fault


def test_polling_sources_are_joined() -> None:
    found = read_polling(
        """
        sources:
          - {name: a, interval: 600, meters: [cpu, memory], resources: ["snmp://b", "snmp://a"]}
          - {name: b, interval: 30, meters: ["!disk"], resources: ["snmp://a"]}
        """
    )

    assert found.interval_s == 30
    assert found.resources == ("snmp://a", "snmp://b")
    assert found.meters == ("!disk", "cpu", "memory")


@pytest.mark.parametrize(
    "text", ["", "sources:", "sources: 3", "- 1", "sources: [{interval: true}]", "a string"]
)
def test_odd_files_have_no_sources_and_are_no_failure(text: str) -> None:
    found = read_polling(text)

    assert (found.interval_s, found.resources, found.fault) == (None, (), "")


def test_a_file_that_is_no_yaml_is_told_with_its_line_and_without_its_text() -> None:
    found = read_polling("sources:\n  publishers: [\n  notifier://u:hunter2@mq: {\n")

    assert "line" in found.fault
    assert "hunter2" not in found.fault


def test_a_digest_is_of_the_bytes_and_empty_for_no_file() -> None:
    assert digest("ü") == hashlib.sha256("ü".encode()).hexdigest()
    assert digest("") == ""
