from __future__ import annotations

from configparser import ConfigParser
from stat import S_IMODE

import yaml

from lab import hosts
from lab.clouds import HOSTS, Role
from lab.settings import PORTS, Lab

CTL1, _, POL1, _ = HOSTS


def config(lab: Lab, program: str) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.read(lab.program(CTL1, program))
    return dict(parser[f"program:{program}"])


def test_a_service_runs_from_its_own_host_with_the_old_release(laid_out: Lab) -> None:
    root = laid_out.host(CTL1)

    found = config(laid_out, "ceilometer-polling")

    assert found["directory"] == str(root)
    assert found["environment"] == 'PYTHONHASHSEED="0"'
    words = found["command"].split()
    assert words[0] == f"{root}/opt/ceilometer/8.1.5/bin/ceilometer-polling"
    assert words[1:3] == ["--polling-namespaces", "central"]
    assert f"{root}/etc/ceilometer/ceilometer.conf" in words


def test_only_controllers_run_more_than_polling(laid_out: Lab) -> None:
    def programs(name: str) -> set[str]:
        folder = laid_out.root / "hosts" / name / "etc/supervisor/conf.d"
        return {path.stem for path in folder.iterdir()}

    assert programs("pol1") == programs("pol2") == {"ceilometer-polling"}
    assert len(programs("ctl1")) == len(programs("ctl2")) == 4


def test_every_polling_agent_has_its_own_group_and_targets(laid_out: Lab) -> None:
    seen: set[str] = set()
    for host in HOSTS:
        etc = laid_out.host(host) / "etc/ceilometer"
        (source,) = yaml.safe_load((etc / "polling.yaml").read_text())["sources"]
        assert len(source["resources"]) == 2
        assert seen.isdisjoint(source["resources"])
        seen |= set(source["resources"])
        parser = ConfigParser(interpolation=None)
        parser.read(etc / "ceilometer.conf")
        assert parser["polling"]["partitioning_group_prefix"] == host.name
        assert parser["DEFAULT"]["host"] == host.name


def test_passwords_are_readable_by_their_owner_only(laid_out: Lab) -> None:
    private = [
        *laid_out.secrets.iterdir(),
        *(laid_out.host(host) / "etc/ceilometer/ceilometer.conf" for host in HOSTS),
    ]
    assert {S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_the_site_names_the_release_in_one_place(laid_out: Lab) -> None:
    site = laid_out.host(CTL1) / "etc/ceilometer/app.wsgi"

    assert site.read_text().count("8.1.5") == 1
    assert f'"{laid_out.host(CTL1)}/opt/ceilometer/8.1.5"' in site.read_text()


def test_sshd_forces_commands_into_the_host(laid_out: Lab) -> None:
    root = laid_out.host(POL1)
    text = (root / "etc/ssh/sshd_config").read_text()

    assert f"ListenAddress {POL1.ip}:{PORTS.ssh}" in text
    assert f"SetEnv HOME={root} PATH={root}/bin:" in text
    assert (
        (root / "etc/ssh/login").read_text().endswith('exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
    )


def test_wiping_leaves_nothing_an_upgrade_wrote(laid_out: Lab) -> None:
    root = laid_out.host(CTL1)
    (root / "var/lib/lock").write_text("token")
    (root / ".cache").mkdir()
    hosts.write_program(laid_out, CTL1, Role.COLLECTOR, "9.0.7")

    hosts.wipe(laid_out, CTL1)
    assert [path.name for path in root.iterdir()] == [".cache"]

    hosts.lay_out(laid_out, CTL1, ("8.1.5",))
    assert "8.1.5" in config(laid_out, "ceilometer-collector")["command"]


def test_up_leaves_an_upgraded_host_as_it_is(laid_out: Lab) -> None:
    hosts.write_program(laid_out, CTL1, Role.COLLECTOR, "9.0.7")
    (laid_out.host(CTL1) / "opt/ceilometer/9.0.7").unlink()

    hosts.ensure(laid_out, CTL1, ("8.1.5", "9.0.7"))

    assert "9.0.7" in config(laid_out, "ceilometer-collector")["command"]
    assert (laid_out.host(CTL1) / "opt/ceilometer/9.0.7").is_symlink()
