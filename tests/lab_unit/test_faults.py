from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from lab import faults, hosts
from lab.clouds import HOSTS, cloud_named
from lab.errors import LabError
from lab.settings import Lab

ON_FILES = ("bad-pipeline", "bad-polling", "polling-silent", "collector-database", "wrong-key")
ON_TARGET = ("no-target", "wont-start", "dbsync-fails", "dbsync-hangs")
BY_NAME = {host.name: host for host in HOSTS}
CTL2 = BY_NAME["ctl2"]


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_restart", lambda *_: None)
    monkeypatch.setattr("lab.fleet.restart_login", lambda *_: None)
    monkeypatch.setattr("lab.fleet.start_login", lambda *_: None)


@contextmanager
def broken(lab: Lab, name: str) -> Iterator[Path]:
    faults.inflict(lab, name, "ctl2", faults.When.RESTART)
    yield lab.host(CTL2)
    faults.mend(lab, name, "ctl2")


def snapshot(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return {str(p): str(p.readlink()) if p.is_symlink() else p.read_text() for p in files}


@pytest.mark.parametrize("name", [*ON_FILES, *ON_TARGET])
def test_mending_restores_every_file(laid_out: Lab, name: str) -> None:
    before = snapshot(laid_out.root)

    with broken(laid_out, name):
        assert snapshot(laid_out.root) != before

    after = snapshot(laid_out.root)
    after.pop(str(laid_out.faults))
    assert after == before


def test_a_bad_pipeline_is_good_yaml(laid_out: Lab) -> None:
    with broken(laid_out, "bad-pipeline") as root:
        loaded = yaml.safe_load((root / "etc/ceilometer/pipeline.yaml").read_text())
        sinks = {sink["name"] for sink in loaded["sinks"]}
        assert sinks.isdisjoint(loaded["sources"][0]["sinks"])


def test_a_silent_agent_keeps_its_targets(laid_out: Lab) -> None:
    with broken(laid_out, "polling-silent") as root:
        (source,) = yaml.safe_load((root / "etc/ceilometer/polling.yaml").read_text())["sources"]
        assert source["meters"] == ["hardware.lab.none"]
        assert len(source["resources"]) == 2


def test_a_bad_polling_file_is_no_yaml_and_beside_no_silent_one(laid_out: Lab) -> None:
    with broken(laid_out, "bad-polling") as root:
        with pytest.raises(yaml.YAMLError):
            yaml.safe_load((root / "etc/ceilometer/polling.yaml").read_text())
        with pytest.raises(LabError, match="bad-polling is in force on ctl2"):
            faults.inflict(laid_out, "polling-silent", "ctl2", faults.When.RESTART)


def test_the_broken_target_leaves_the_shared_one_whole(laid_out: Lab) -> None:
    shared = snapshot(laid_out.venv("9.0.7"))

    with broken(laid_out, "wont-start") as root:
        copy = root / "opt/ceilometer/9.0.7"
        assert not (copy / "lib/python3.11/site-packages/ceilometer/cmd/collector.py").exists()
        assert (copy / "bin/ceilometer-collector").read_text().startswith(f"#!{copy}/bin/python")

    assert snapshot(laid_out.venv("9.0.7")) == shared


@pytest.mark.parametrize("name", ["dbsync-fails", "dbsync-hangs"])
def test_the_broken_upgrade_can_be_run(laid_out: Lab, name: str) -> None:
    with broken(laid_out, name) as root:
        script = root / "opt/ceilometer/9.0.7/bin/ceilometer-upgrade"
        assert script.stat().st_mode & stat.S_IXUSR
    assert (laid_out.venv("9.0.7") / "bin/ceilometer-upgrade").read_text() == (
        "#!/usr/bin/python\nrun()\n"
    )


def test_two_faults_at_one_place_are_refused(laid_out: Lab) -> None:
    faults.inflict(laid_out, "no-target", "ctl2", faults.When.NOW)

    with pytest.raises(LabError, match="no-target is in force on ctl2"):
        faults.inflict(laid_out, "wont-start", "ctl2", faults.When.NOW)
    with pytest.raises(LabError, match="no-target is in force on ctl2"):
        faults.inflict(laid_out, "no-target", "ctl2", faults.When.NOW)

    faults.inflict(laid_out, "no-target", "ctl1", faults.When.NOW)
    assert faults.in_force(laid_out) == {"ctl2": ["no-target"], "ctl1": ["no-target"]}


def test_a_fault_that_means_nothing_there_is_refused(laid_out: Lab) -> None:
    with pytest.raises(LabError, match="pol1 runs no collector"):
        faults.inflict(laid_out, "collector-database", "pol1", faults.When.NOW)
    with pytest.raises(LabError, match="no fault is called"):
        faults.inflict(laid_out, "fire", "pol1", faults.When.NOW)
    with pytest.raises(LabError, match="no host is called"):
        faults.inflict(laid_out, "no-target", "moon", faults.When.NOW)


def test_mending_what_is_whole_changes_nothing(laid_out: Lab) -> None:
    before = snapshot(laid_out.root)

    assert "was not in force" in faults.mend(laid_out, "no-target", "ctl1")
    assert snapshot(laid_out.root) == before


def test_every_fault_has_a_host_it_suits() -> None:
    names = {host.name for host in HOSTS}
    for fault in faults.FAULTS.values():
        assert fault.default in names
        assert fault.needs is None or fault.needs in BY_NAME[fault.default].roles


@pytest.mark.parametrize("name", ["wont-start", "dbsync-fails", "dbsync-hangs", "api-down"])
def test_a_fault_of_services_that_the_cloud_lacks_is_refused(lab: Lab, name: str) -> None:
    chosen = lab.choose(cloud_named("coordinated"))

    with pytest.raises(LabError, match="coordinated"):
        faults.inflict(chosen, name, "ctl2", faults.When.NOW)
    assert faults.in_force(chosen) == {}


def test_the_missing_target_is_the_release_that_the_cloud_goes_to(lab: Lab) -> None:
    chosen = lab.choose(cloud_named("coordinated"))
    place = chosen.host(CTL2) / "opt/ceilometer"
    for release in chosen.cloud.releases:
        chosen.venv(release).mkdir(parents=True)
    hosts.lay_out(chosen, CTL2, chosen.cloud.releases)

    said = faults.inflict(chosen, "no-target", "ctl2", faults.When.NOW)

    assert "17.0.2" in said
    assert {path.name for path in place.iterdir()} == {"16.0.1"}
    faults.mend(chosen, "no-target", "ctl2")
    assert {path.name for path in place.iterdir()} == {"16.0.1", "17.0.2"}
