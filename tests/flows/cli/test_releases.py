"""`ceilift releases`: what an operator sees of the catalogue, and what a maintainer does to it."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

import ceilift
from ceilift.errors import BAD_INPUT, DONE, FAILED
from ceilift.package_index import PackageIndex
from flows.cli import app
from tests.clouds import catalogue
from tests.wheels import NAME, wheel_bytes

SHIPPED = Path(ceilift.__file__).parent / "releases"


def run(*words: object) -> Result:
    """One command."""
    return CliRunner().invoke(app, ["releases", *map(str, words)])


def said(*words: object) -> Any:  # noqa: ANN401 - JSON
    """What a command prints as JSON."""
    result = run(*words, "--format", "json")
    assert result.exit_code == DONE, result.output
    return json.loads(result.stdout)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A catalogue of one's own."""
    return copytree(SHIPPED, tmp_path / "releases")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """An index that has these wheels, by version."""
    wheels = {"30.0.0": wheel_bytes()}

    def wheel(_: PackageIndex, version: str) -> tuple[str, bytes]:
        return NAME.replace("30.0.0", version), wheels[version]

    monkeypatch.setattr(PackageIndex, "wheel", wheel)
    return wheels


def test_the_list_is_oldest_first() -> None:
    assert said("list") == list(catalogue().releases)
    text = run("list").stdout

    assert text.index("5.0.0") < text.index("9.0.7") < text.index("27.0.0")
    assert "never published" in text
    assert "ceilometer-27.0.0-py3-none-any.whl" in text


def test_one_release_with_its_sources_and_its_package() -> None:
    data = said("show", "27.0.0")

    assert data["polling"]["ring"]["value"] == "tooz"
    assert data["package"]["python"] == ">=3.11"
    assert data["package"]["source"] == "ceilometer-27.0.0-py3-none-any.whl"
    assert "read from ceilometer-27.0.0" in run("show", "27.0.0").stdout


def test_of_a_tag_only_what_is_known_is_shown() -> None:
    assert said("show", "5.0.0")["package"] is None
    assert "requirements" in said("show", "5.0.5")["package"]["unread"]
    assert "read from git tag 5.0.5" in run("show", "5.0.5").stdout


def test_the_difference_as_text_and_as_json() -> None:
    data = said("diff", "26.0.0", "27.0.0")

    assert {change["area"] for change in data["changes"]} >= {"python", "options", "gnocchi"}
    assert "  ~ Python: >=3.10 -> >=3.11" in run("diff", "26.0.0", "27.0.0").stdout.splitlines()


@pytest.mark.parametrize("words", [("show", "9.0.9"), ("diff", "9.0.7", "9.0.9")])
def test_an_unlisted_release_is_bad_input(words: tuple[str, ...]) -> None:
    result = run(*words)

    assert result.exit_code == BAD_INPUT
    assert "'9.0.9' is not in the catalogue" in result.stderr
    assert "Traceback" not in result.output


def test_a_new_series_is_drafted_beside_its_package(
    copied: Path, published: dict[str, bytes]
) -> None:
    (copied / "29.yaml").write_text((copied / "27.yaml").read_text())

    result = run("build", "30.0.0", "--folder", copied)

    assert (result.exit_code, len(published)) == (DONE, 1)
    assert "not reviewed for 30.0.0" in (copied / "30.yaml").read_text()
    assert "ceilometer-30.0.0-py3" in (copied / "packages" / "30.yaml").read_text()


def test_a_point_release_joins_its_series(copied: Path, published: dict[str, bytes]) -> None:
    published["30.0.1"] = wheel_bytes()
    (copied / "29.yaml").write_text((copied / "27.yaml").read_text())
    run("build", "30.0.0", "--folder", copied)
    name = "ceilometer-30.0.1.dist-info"

    published["30.0.1"] = wheel_bytes(
        {
            f"{name}/METADATA": "Name: ceilometer\n",
            f"{name}/entry_points.txt": "[console_scripts]\n",
        }
    )
    result = run("build", "30.0.1", "--folder", copied)

    assert result.exit_code == DONE, result.output
    assert (copied / "30.yaml").read_text().endswith("  30.0.0: {}\n  30.0.1: {}\n")
    packages = (copied / "packages" / "30.yaml").read_text()
    assert packages.index("30.0.0:\n") < packages.index("30.0.1:\n")


def test_built_again_nothing_changes(copied: Path, published: dict[str, bytes]) -> None:
    (copied / "29.yaml").write_text((copied / "27.yaml").read_text())
    run("build", "30.0.0", "--folder", copied)

    result = run("build", "30.0.0", "--folder", copied, "--check")

    assert result.exit_code == DONE, result.output
    assert "nothing to change" in result.stderr
    assert published


def test_check_says_what_differs_and_writes_nothing(
    copied: Path, published: dict[str, bytes]
) -> None:
    result = run("build", "30.0.0", "--folder", copied, "--check", "--format", "json")

    assert result.exit_code == FAILED
    assert json.loads(result.stdout)["differ"] == [str(copied / "packages" / "30.yaml")]
    assert not (copied / "packages" / "30.yaml").exists()
    assert published


def test_a_series_without_the_one_before_it_is_bad_input(
    copied: Path, published: dict[str, bytes]
) -> None:
    result = run("build", "30.0.0", "--folder", copied)

    assert result.exit_code == BAD_INPUT
    assert "29.yaml is not there. Add the series before it first" in result.stderr
    assert not (copied / "packages" / "30.yaml").exists()
    assert published


@pytest.mark.parametrize("command", [("build", "30.0.0"), ("pages",)])
def test_a_folder_that_is_not_there_is_bad_input(command: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*command, "--folder", tmp_path / "none")

    assert result.exit_code == BAD_INPUT
    assert "is not there" in result.stderr


def test_the_index_of_the_environment_is_asked_and_its_password_kept(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def get(url: str, **_: object) -> requests.Response:
        asked.append(url)
        raise requests.ConnectionError(url)

    monkeypatch.setenv("PIP_INDEX_URL", "https://joe:hunter2@index.example.net/simple")
    monkeypatch.setattr(requests, "get", get)

    result = run("build", "8.1.5", "--folder", copied)

    assert result.exit_code == FAILED
    assert asked == ["https://joe:hunter2@index.example.net/simple/ceilometer/"]
    assert "index.example.net does not answer" in result.stderr
    assert "hunter2" not in result.output


def test_pages_are_written_and_then_up_to_date(tmp_path: Path) -> None:
    assert run("pages", "--folder", tmp_path, "--check").exit_code == FAILED
    assert not list(tmp_path.iterdir())

    assert run("pages", "--folder", tmp_path).exit_code == DONE
    assert run("pages", "--folder", tmp_path, "--check").exit_code == DONE
    assert {"index.md", "5-to-6.md", "26-to-27.md"} <= {p.name for p in tmp_path.iterdir()}


def test_a_chain_names_each_upgrade_with_what_it_is_sure_to_meet() -> None:
    done = CliRunner().invoke(app, ["releases", "chain", "17.0.2", "22.0.1", "--format", "json"])

    assert done.exit_code == 0, done.output
    hops = json.loads(done.stdout)
    assert [hop["to"] for hop in hops] == ["18.1.0", "19.1.0", "20.0.0", "22.0.1"]
    assert hops[0]["traps"] == ["T20"]
    assert hops[0]["mantra"] == ["sample.project_name.demanded", "sample.user_name.demanded"]
    assert hops[3]["name"] == "2024.1 (SLURP)"
