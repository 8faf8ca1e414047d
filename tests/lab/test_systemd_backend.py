"""The systemd backend on a real systemd: its orders, and what systemctl itself then says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ceilift.errors import StepFailedError
from ceilift.services.protocol import Override
from ceilift.state import Instance
from lab.files import EXECUTABLE, write
from lab.nspawn.place import Nspawn
from lab.waiting import until

from .systemd_stage import BESIDE, ETC, LOG, NEW, OLD, OWN, UNIT, Stage, staged

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(params=["etc", "packaged, overridden"])
def stage(request: pytest.FixtureRequest, nspawn: Nspawn) -> Iterator[Stage]:
    """Enabled and running on the old release."""
    packaged = request.param != "etc"
    with staged(nspawn, nspawn.hosts[-1], packaged=packaged) as made:
        yield made


def test_a_stopped_unit_has_no_process_and_no_start_is_met(stage: Stage) -> None:
    group = stage.unit.show("ControlGroup")
    assert stage.stop() == "stopped"
    assert (stage.unit.active, stage.unit.show("MainPID")) == ("inactive", "0")
    assert stage.does(f"pgrep -u ceilometer -f {LOG} || true") == ""
    assert stage.does(f"cat /sys/fs/cgroup{group}/cgroup.procs 2>/dev/null || true") == ""

    stage.does(f"systemctl start {UNIT}; systemctl daemon-reload; systemctl restart {UNIT}")

    assert (stage.unit.active, stage.unit.show("ConditionResult")) == ("inactive", "no")
    assert stage.stop() == "already stopped"


def test_stopped_it_stays_stopped_over_a_reboot_and_enabled_for_the_operator(stage: Stage) -> None:
    stage.stop()
    stage.boots_anew()
    assert stage.unit.active == "inactive"
    assert stage.unit.ask("is-enabled") == "enabled"
    assert str(stage.instance(UNIT).restart) == "prevented"


def test_a_unit_that_is_about_to_be_restarted_is_stopped_as_well(stage: Stage) -> None:
    drop_in = f"{ETC}/{UNIT}.service.d"
    words = "[Service]\\nRestart=always\\nRestartSec=600\\n"
    stage.does(f"mkdir -p {drop_in}; printf '{words}' >{drop_in}/slow.conf")
    stage.does("systemctl daemon-reload")
    stage.crash()
    assert (stage.unit.active, stage.unit.show("SubState")) == ("activating", "auto-restart")

    stage.stop()

    assert stage.unit.active in {"inactive", "failed"}
    stage.does(f"systemctl start {UNIT}")
    assert stage.unit.show("MainPID") == "0"


def test_the_new_release_is_started_with_all_else_as_it_was(stage: Stage) -> None:
    nice = stage.unit.show("Nice")
    stage.stop()
    assert stage.start() == "started"
    assert stage.unit.active == "active"
    assert stage.unit.command.split()[1:] == [
        *(f"{NEW}/bin/ceilometer-polling", "--polling-namespaces", "central"),
        *("--config-file", "/etc/ceilometer/ceilometer.conf", "--log-file", LOG),
    ]
    assert (stage.unit.show("Nice"), stage.unit.show("User")) == (nice, "ceilometer")
    assert f"PATH={NEW}/bin:/usr/bin:/bin" in stage.unit.show("Environment")
    pid = stage.unit.show("MainPID")
    assert stage.start() == "already started"
    assert stage.unit.show("MainPID") == pid


def test_started_and_not_enabled_a_crash_is_answered_and_a_reboot_is_not(stage: Stage) -> None:
    stage.stop()
    stage.start()
    stage.crash()
    until(lambda: stage.unit.active == "active", "systemd starts it again", 20)

    stage.boots_anew()

    assert stage.unit.active == "inactive"
    assert stage.start() == "started"


def test_enabled_a_reboot_starts_the_new_release(stage: Stage) -> None:
    stage.stop()
    stage.start()
    pid = stage.unit.show("MainPID")
    assert stage.enable() == "restart allowed"
    assert stage.unit.show("MainPID") == pid
    assert stage.enable() == "restart already allowed"

    stage.boots_anew()

    assert NEW in stage.unit.command
    found = stage.instance(UNIT)
    assert (found.release, found.defined_release) == ("9.0.7", "9.0.7")
    assert str(found.restart) == "enabled"


def test_a_release_that_does_not_last_is_stopped_and_its_words_are_shown(stage: Stage) -> None:
    stage.stop()
    broken = "/opt/ceilometer/9.9.9"
    agent = stage.place.files(stage.where) / f"{broken}/bin/ceilometer-polling".lstrip("/")
    write(agent, "#!/bin/sh\necho ERROR no such option >&2\nexit 1\n", EXECUTABLE)

    with pytest.raises(StepFailedError, match=r"did not last(.|\n)*no such option"):
        stage.backend.start(stage.actor, stage.shell, "start", UNIT, broken)

    assert stage.unit.show("MainPID") == "0"
    assert stage.unit.active in {"inactive", "failed"}
    assert stage.stop() in {"already stopped", "was not running, restart prevented"}
    assert stage.start() == "started"


def test_a_masked_unit_is_told_so_and_not_started(stage: Stage) -> None:
    if stage.unit.show("FragmentPath").startswith(ETC):
        pytest.skip("systemd masks no unit whose file stands in /etc")
    stage.stop()
    stage.does(f"systemctl mask --quiet {UNIT}")

    with pytest.raises(StepFailedError, match="it is masked: systemctl unmask"):
        stage.start()

    assert stage.stop() == "already stopped"
    stage.does(f"systemctl unmask --quiet {UNIT}")
    assert stage.start() == "started"


def test_beside_both_releases_run_and_only_the_old_one_starts_by_itself(stage: Stage) -> None:
    old = stage.unit.show("MainPID")
    assert stage.beside() == "started"
    assert stage.unit.show("MainPID") == old
    assert stage.new.command.split()[1:] == [
        *(f"{NEW}/bin/ceilometer-polling", "--polling-namespaces", "central"),
        *("--config-file", "/etc/ceilometer/ceilometer.conf", "--log-file", f"{LOG}-ceilift"),
        *("--config-file", OWN),
    ]
    assert (stage.new.ask("is-enabled"), stage.new.show("User")) == ("static", "ceilometer")
    assert stage.beside() == "already started"

    stage.boots_anew()

    assert OLD in stage.unit.command
    assert stage.new.active == "inactive"


def test_a_look_tells_both_apart_and_when_each_polled(stage: Stage) -> None:
    stage.beside()

    def told() -> tuple[Instance, Instance] | None:
        both = stage.instance(UNIT), stage.instance(BESIDE)
        return both if all(one.ticks for one in both) else None

    old, new = until(told, "both poll", 60, every=1)

    assert (old.release, new.release) == ("9.0.6", "9.0.7")
    assert (old.defined_release, new.defined_release) == ("9.0.6", "9.0.7")
    assert not set(old.pids) & set(new.pids)
    assert int(stage.unit.show("MainPID")) in old.pids
    lines = stage.does(f"grep -c 'Polling pollster' {LOG}-ceilift || true")
    assert 0 < len(new.ticks) <= int(lines)


def test_removed_systemd_knows_it_no_longer(stage: Stage) -> None:
    stage.beside()
    stage.new.does(f"systemctl kill --signal=KILL {BESIDE}; systemctl stop {BESIDE}")
    assert stage.remove() == "removed"
    assert stage.new.show("LoadState") == "not-found"
    assert BESIDE not in stage.does("systemctl list-units --all --plain --no-legend")
    assert stage.does(f"ls {ETC} /etc/ceilometer/ceilift | grep {BESIDE} || true") == ""
    assert OLD in stage.unit.command
    assert stage.remove() == "removed"


def test_reloaded_it_has_other_workers_and_the_same_master(stage: Stage) -> None:
    master = stage.unit.show("MainPID")
    before = stage.does(f"pgrep -P {master}")
    assert stage.reload() == "reloaded"
    assert stage.unit.show("MainPID") == master
    after = until(lambda: stage.does(f"pgrep -P {master} || true"), "a worker", 20)
    assert before != after


def test_a_file_of_its_own_is_read_behind_the_hosts_and_given_up_again(stage: Stage) -> None:
    stage.stop()
    stage.start(Override(OWN, "[DEFAULT]\nhost = another"))
    assert stage.unit.command.split()[-2:] == ["--config-file", OWN]
    assert stage.does(f"runuser -u ceilometer -- cat {OWN}") == "[DEFAULT]\nhost = another\n"

    stage.start(Override(OWN))

    assert OWN not in stage.unit.command
    assert stage.does(f"ls {OWN} 2>&1 || true").endswith("No such file or directory\n")
