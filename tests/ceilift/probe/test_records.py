"""The probe's output taken apart: whole records are kept, torn ones cost nothing else."""

from __future__ import annotations

import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.probe.records import File, Unit, parse, version_of

STAT = " ".join(["S", "7", *["0"] * 17, "250", "0"])  # parent 7, started 250 ticks after boot
TEXT = base64.b64encode("password = hunter2 ü".encode()).decode()
SHOWN = """\
MainPID=812
LoadState=loaded
ActiveState=active
ExecStart={ path=/opt/ceilometer/8.1.5/bin/ceilometer-polling ; argv[]=/opt/x ; pid=812 }
Environment=A=1\tB=2
DropInPaths="""


def rows(*lines: tuple[str, ...]) -> str:
    return "".join("\t".join(line) + "\n" for line in lines)


def shown(**changes: str) -> str:
    found = dict(line.split("=", 1) for line in SHOWN.splitlines()) | changes
    return rows(*(("show", "ceilometer-polling", f"{key}={value}") for key, value in found.items()))


def test_everything_that_is_whole_is_kept() -> None:
    found = parse(
        rows(
            ("clock", "1700000000.5"),
            ("boot", "1000", "100"),
            ("installed", "/opt/ceilometer/8.1.5", "ceilometer-8.1.5-py3.11.egg-info"),
            ("tool", "mysqldump"),
            ("free", "2048"),
            ("process", "12", STAT, "/x/site-packages", " ceilometer-polling: master process "),
            ("loaded", "/x/site-packages", "ceilometer-9.0.7.dist-info", "900"),
            ("file", "/etc/c.conf", TEXT, "33"),
        )
    )

    assert found.clock == 1700000000.5
    [process] = found.processes
    assert (process.pid, process.parent, process.started) == (12, 7, 1002.5)
    assert process.title == "ceilometer-polling: master process"
    assert found.installed == {"/opt/ceilometer/8.1.5": "8.1.5"}
    assert found.loaded == {"/x/site-packages": ("9.0.7", 900.0)}
    assert found.files == {"/etc/c.conf": File("password = hunter2 ü", 33)}
    assert (found.tools, found.free_bytes) == (("mysqldump",), 2048 * 1024)


@pytest.mark.parametrize(
    ("clock", "started"),
    [
        (("5000.95", "4000.00"), 1003.45),  # the kernel tells 1000 for 1000.95
        (("5000.95", "12.00"), 1002.5),  # of a container
        (("5000.95", ""), 1002.5),
        (("5000.95",), 1002.5),
    ],
)
def test_starts_are_told_to_the_hundredth(clock: tuple[str, ...], started: float) -> None:
    booted = ("boot", "1000", "100")

    [process] = parse(rows(("clock", *clock), booted, ("process", "12", STAT, "", "x"))).processes

    assert process.started == pytest.approx(started)


def test_a_file_never_shows_its_text() -> None:
    found = parse(rows(("file", "/etc/c.conf", TEXT, "33")))

    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        ("process", "12", "", "", "ceilometer-polling"),
        ("process", "12", "S 7 0", "", "ceilometer-polling"),
        ("process", "12"),
        ("loaded", "/x", "ceilometer-9.0.7.dist-info", ""),
        ("file", "/etc/c.conf", TEXT, ""),
        ("unit", "ceilometer-polling"),
        ("boot",),
        ("something", "new"),
    ],
)
def test_what_went_away_while_it_was_looked_at_is_left_out(line: tuple[str, ...]) -> None:
    found = parse(rows(("clock", "5"), line, ("tool", "pg_dump")))

    assert (found.clock, found.tools) == (5, ("pg_dump",))
    assert (found.processes, found.files, found.units, found.loaded) == ((), {}, (), {})


def test_a_title_with_odd_separators_stays_one_line() -> None:
    title = "ceilometer-polling:\x0b\x1c\u2028 worker"

    [process] = parse(rows(("process", "12", STAT, "", title))).processes

    assert process.title == title


@pytest.mark.parametrize(
    ("printed", "unit"),
    [
        (("c", "RUNNING", "pid 812, uptime 0:01:02"), Unit("c", "RUNNING", 812)),
        (("group:c", "RUNNING", "pid 812, uptime 3 days, 0:01:02"), Unit("c", "RUNNING", 812)),
        (("c", "STARTING", ""), Unit("c", "STARTING", None)),
        (("c", "STOPPING", ""), Unit("c", "STOPPING", None)),
        (("c", "STOPPED", "Not started"), Unit("c", "STOPPED", None)),
        (("c", "STOPPED", "Nov 22 08:00 PM"), Unit("c", "STOPPED", None)),
        (("c", "EXITED", "Nov 22 08:00 PM"), Unit("c", "EXITED", None)),
        (
            ("c", "BACKOFF", "Exited too quickly (process log may have details)"),
            Unit("c", "BACKOFF", None),
        ),
        (("c", "FATAL", "can't find command '/opt/x'"), Unit("c", "FATAL", None)),
        (
            ("unix:///run/supervisor.sock", "no", "such file"),
            Unit("///run/supervisor.sock", "no", None),
        ),
    ],
)
def test_every_state_that_supervisor_tells(printed: tuple[str, ...], unit: Unit) -> None:
    assert parse(rows(("unit", *printed))).units == (unit,)


@pytest.mark.parametrize(
    ("changes", "unit"),
    [
        ({}, ("RUNNING", 812, True)),
        ({"ActiveState": "inactive", "MainPID": "0"}, ("INACTIVE", None, True)),
        ({"ActiveState": "failed", "MainPID": "0"}, ("FAILED", None, True)),
        ({"ActiveState": "activating"}, ("ACTIVATING", 812, True)),
        ({"ActiveState": "deactivating"}, ("DEACTIVATING", 812, True)),
        ({"MainPID": ""}, ("RUNNING", None, True)),
        ({"LoadState": "masked"}, ("RUNNING", 812, False)),
        ({"DropInPaths": "/etc/systemd/system/c.service.d/override.conf"}, ("RUNNING", 812, True)),
        (
            {"DropInPaths": "/etc/systemd/system/c.service.d/zz-ceilift-stopped.conf /x/y.conf"},
            ("RUNNING", 812, False),
        ),
    ],
)
def test_every_state_that_systemd_tells(
    changes: dict[str, str], unit: tuple[str, int | None, bool]
) -> None:
    [found] = parse(shown(**changes)).units

    assert found.name == "ceilometer-polling"
    assert (found.state, found.pid, found.enabled) == unit


def test_a_property_may_hold_tabs_and_equal_signs() -> None:
    found = parse(shown()).shown["ceilometer-polling"]

    assert found["Environment"] == "A=1\tB=2"
    assert found["ExecStart"].startswith("{ path=/opt")


@pytest.mark.parametrize(
    ("folder", "version"),
    [
        ("ceilometer-9.0.7.dist-info", "9.0.7"),
        ("ceilometer-8.1.5-py3.11.egg-info", "8.1.5"),
        ("ceilometer-17.0.2.egg-info", "17.0.2"),
    ],
)
def test_the_version_is_in_the_folders_name(folder: str, version: str) -> None:
    assert version_of(folder) == version


KINDS = ("clock", "boot", "process", "file", "loaded", "installed", "unit", "tool", "show", "free")


@given(st.integers(0, 400))
def test_an_output_cut_off_anywhere_is_no_failure(end: int) -> None:
    whole = rows(("boot", "1000", "100"), ("process", "12", STAT, "/x", "ceilometer-polling"))
    whole += shown() + rows(("loaded", "/x", "ceilometer-9.0.7.dist-info", "900"))

    found = parse(whole[:end])

    assert len(found.processes) <= 1


@pytest.mark.parametrize(("kind", "fields"), list(itertools.product(KINDS, range(5))))
def test_empty_fields_are_no_failure(kind: str, fields: int) -> None:
    assert parse(rows((kind, *[""] * fields))) is not None
