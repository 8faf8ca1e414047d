"""The clouds as data, and a host laid out for each."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from ceilift.inventory_file import load_inventory
from lab import cloud, faults, hosts, inventory_file
from lab.clouds import TARGETS, Cloud, CloudName, Role, cloud_named
from lab.errors import LabError
from lab.settings import Lab

COORDINATED = cloud_named("coordinated")


@pytest.fixture
def coordinated(lab: Lab) -> Lab:
    chosen = lab.choose(COORDINATED)
    for host in chosen.hosts:
        hosts.lay_out(chosen, host, chosen.cloud.releases)
    return chosen


def config(lab: Lab, host: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read(lab.host(lab.named(host)) / "etc/ceilometer/ceilometer.conf")
    return parser


def test_a_cloud_has_its_own_first_releases() -> None:
    assert cloud_named("classic").releases == ("8.1.5", "9.0.7")
    assert (COORDINATED.old, COORDINATED.new) == ("16.0.1", "17.0.2")


def test_releases_and_partitioning_can_be_chosen() -> None:
    found = cloud_named("classic", "9.0.6,9.0.7", partitioned=True)

    assert (found.old, found.new, found.partitioned) == ("9.0.6", "9.0.7", True)


def test_an_unknown_cloud_is_refused() -> None:
    with pytest.raises(LabError, match="no cloud is called 'moon'; there are classic, coord"):
        cloud_named("moon")


def test_the_cloud_is_remembered_in_the_folder(lab: Lab) -> None:
    wanted = cloud_named("classic", "9.0.6,9.0.7", partitioned=True)

    lab.choose(wanted)

    assert Lab(lab.root).cloud == wanted


def test_a_folder_without_a_choice_is_the_classic_cloud(lab: Lab) -> None:
    assert lab.cloud == cloud_named("classic")


def test_another_cloud_is_refused_while_one_is_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.rpc.Supervisor.alive", lambda _: True)

    with pytest.raises(LabError, match="bin/lab down"):
        cloud.chosen(lab, COORDINATED)
    assert Lab(lab.root).cloud == cloud_named("classic")


def test_another_cloud_has_nothing_of_the_former_one(laid_out: Lab) -> None:
    laid_out.ledger.write_text("")
    laid_out.faults.write_text('{"pol1": ["polling-silent"]}')
    stored = [laid_out.root / path for path in ("mariadb/ibdata1", "rabbitmq/mnesia/queue")]
    for file in (*stored, laid_out.root / "schema.sql"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")

    found = cloud.chosen(laid_out, COORDINATED)

    assert found.cloud == COORDINATED
    assert not laid_out.ledger.exists()
    assert not any(file.exists() for file in (*stored, laid_out.root / "schema.sql"))
    assert faults.in_force(found) == {}
    assert not [path for host in found.hosts for path in found.host(host).iterdir()]


def test_all_agents_of_the_coordinated_cloud_share_one_polling_file(coordinated: Lab) -> None:
    texts = {
        (coordinated.host(host) / "etc/ceilometer/polling.yaml").read_text()
        for host in coordinated.hosts
    }

    (source,) = yaml.safe_load(texts.pop())["sources"]
    assert not texts
    assert len(source["resources"]) == len(TARGETS) == 8
    assert all(Role.POLLING in host.roles for host in coordinated.hosts)


def test_the_coordinated_cloud_has_one_group_and_nothing_of_the_old_services(
    coordinated: Lab,
) -> None:
    found = config(coordinated, "ctl1")

    assert "partitioning_group_prefix" not in found["polling"]
    assert found["coordination"]["backend_url"].startswith("redis://")
    assert not {"api", "collector", "database"} & set(found.sections())
    assert {role for host in coordinated.hosts for role in host.roles} == {
        Role.POLLING,
        Role.NOTIFICATION,
    }


def test_its_notification_agents_publish_to_the_file_that_the_inventory_names(
    coordinated: Lab,
) -> None:
    inventory_file.write_inventory(coordinated)
    loaded = load_inventory(coordinated.inventory)
    host = coordinated.named("ctl2")
    pipeline = coordinated.host(host) / "etc/ceilometer/pipeline.yaml"
    (sink,) = yaml.safe_load(pipeline.read_text())["sinks"]

    assert loaded.database is None
    assert loaded.store == "other"
    path = yaml.safe_load(coordinated.inventory.read_text())["telemetry"]["path"]
    named = Path(path.replace("{root}", str(coordinated.host(host))))
    assert sink["publishers"] == [f"file://{named}"]
    assert named.parent.is_dir()


@pytest.mark.parametrize("partitioned", [True, False])
def test_partitioning_is_written_for_the_notification_agents(
    lab: Lab,
    partitioned: bool,  # noqa: FBT001 - a case
) -> None:
    wanted = Cloud(CloudName.CLASSIC, ("9.0.6", "9.0.7"), partitioned)
    chosen = lab.choose(wanted)
    hosts.lay_out(chosen, chosen.hosts[0], wanted.releases)

    assert config(chosen, "ctl1")["notification"].getboolean("workload_partitioning") is partitioned


@pytest.mark.parametrize("name", CloudName)
def test_a_cloud_runs_mariadb_only_where_samples_go_there(lab: Lab, name: CloudName) -> None:
    chosen = lab.choose(cloud_named(name))

    programs = {program.name for program in cloud.programs(chosen)}

    assert ("mariadb" in programs) is (name is not CloudName.COORDINATED)


def test_one_host_can_have_everything(lab: Lab) -> None:
    chosen = lab.choose(cloud_named("single"))
    (host,) = chosen.hosts

    assert set(host.roles) == set(Role)
    assert host.targets == TARGETS
    assert chosen.cloud.database
