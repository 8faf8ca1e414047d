"""The rehearsal's script, run by a real sh with a migration that notes its configuration."""

from __future__ import annotations

import configparser
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import make_url

from ceilift.database_rehearsal import RehearsalTarget, rehearsal_script

SECRET = """pa"ss\\w:o'rd$HOME`id`%/@#"""  # noqa: S105 - a test's
MIGRATION = """#!/bin/sh
cp "$5" {notes}/scratch.conf
stat -c '%a %n' "$5" >{notes}/mode
printf '%s\\n' "$@" >{notes}/argv
env >{notes}/env
exit {code}
"""
HIDDEN = "mysql+pymysql://ceilometer:production@db/ceilometer?charset=utf8"


@dataclass
class Bench:
    """A host with a configuration and a migration."""

    folder: Path

    def rehearse(
        self, url: str, *, config: str, code: int = 0, password: str | None = SECRET
    ) -> subprocess.CompletedProcess[str]:
        (self.folder / "c.conf").write_text(config)
        program = self.folder / "ceilometer-upgrade"
        program.write_text(MIGRATION.format(notes=self.folder, code=code))
        program.chmod(0o755)
        return subprocess.run(
            ["sh", "-s", "--", "10", str(self.folder / "c.conf")],
            input=rehearsal_script(RehearsalTarget(url, password), f"{program} --skip-gnocchi"),
            env={"PATH": "/usr/bin:/bin", "OS_DATABASE__CONNECTION": HIDDEN},
            text=True,
            capture_output=True,
            check=False,
        )

    @property
    def options(self) -> dict[str, str]:
        parser = configparser.RawConfigParser()
        parser.read(self.folder / "scratch.conf")
        return dict(parser["database"])

    def noted(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def config(url: str, before: str = "") -> str:
    return f"[DEFAULT]\nconnection = other://\n{before}[database]\nconnection = {url}\n[api]\nx=1\n"


def test_every_option_that_names_a_database_names_the_copy(bench: Bench) -> None:
    done = bench.rehearse("mysql+pymysql://ceilo@127.0.0.1:3307/scratch", config=config(HIDDEN))

    assert done.returncode == 0, done.stderr
    assert {"connection", "metering_connection", "event_connection"} <= set(bench.options)
    [found] = {make_url(url) for url in bench.options.values()}
    assert (found.host, found.port, found.database) == ("127.0.0.1", 3307, "scratch")
    assert (found.username, found.password) == ("ceilo", SECRET)
    assert "$" not in bench.options["connection"]  # oslo.config would fill it in
    assert "OS_DATABASE__CONNECTION" not in bench.noted("env")


def test_the_file_that_names_it_is_private_and_goes(bench: Bench) -> None:
    done = bench.rehearse("mysql://ceilo@127.0.0.1/scratch", config=config(HIDDEN))

    mode, name = bench.noted("mode").split()
    assert mode == "600"
    assert not Path(name).exists()
    words = bench.noted("argv").splitlines()
    assert words[:2] == ["--skip-gnocchi", "--config-file"]
    assert "ss" not in " ".join(words).replace(str(bench.folder), "")
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "url", "driver", "query"),
    [
        (HIDDEN, "mysql://u@h/scratch", "mysql+pymysql", {"charset": "utf8"}),
        ("mysql://u@h/c", "mysql+pymysql://u@h/s?charset=latin1", "mysql", {"charset": "latin1"}),
        ("postgresql+psycopg2://u@h/c", "postgresql+psycopg://u@h/s", "postgresql+psycopg2", {}),
        ("", "postgresql+psycopg://u@h/s", "postgresql", {}),
        ("mongodb://u@h/c", "mysql+pymysql://u@h/s", "mysql+pymysql", {}),
    ],
)
def test_the_driver_and_options_are_those_the_host_uses_for_production(
    bench: Bench, given: str, url: str, driver: str, query: dict[str, str]
) -> None:
    bench.rehearse(url, config=config(given))

    found = make_url(bench.options["connection"])
    assert (found.drivername, dict(found.query)) == (driver, query)


def test_without_a_password_none_is_written(bench: Bench) -> None:
    bench.rehearse("mysql://u@h/s", config=config(""), password=None)

    assert bench.options["connection"] == "mysql://u@h/s"


def test_it_ends_as_the_migration_does(bench: Bench) -> None:
    assert bench.rehearse("mysql://u@h/s", config=config(HIDDEN), code=3).returncode == 3


def test_a_target_never_shows_its_password() -> None:
    assert SECRET not in repr(RehearsalTarget("mysql://u@h/s", SECRET))
