"""Data models from a wheel and from what was installed of it are the same."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from ceilift.errors import BadInputError
from ceilift.mantra import models_of
from ceilift.model_files import read_models
from tests import wheels

NAME = f"ceilometer-{wheels.VERSION}-py3-none-any.whl"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    file = tmp_path / NAME
    file.write_bytes(wheels.wheel_bytes())
    return file


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    folder = tmp_path / "venv"
    with ZipFile(BytesIO(wheels.wheel_bytes())) as contents:
        contents.extractall(folder / "lib" / "python3.11" / "site-packages")
    return folder


def test_a_wheel_gives_the_models_of_its_package(wheel: Path) -> None:
    found = read_models(wheel)

    assert found == replace(models_of(wheels.package()), queues=None)
    assert found.messages.sample_sends


def test_an_environment_gives_the_same_as_the_wheel(wheel: Path, environment: Path) -> None:
    assert read_models(environment) == read_models(wheel)


def test_of_two_in_one_environment_none_is_taken(environment: Path) -> None:
    other = environment / "lib" / "python3.11" / "site-packages" / "ceilometer-9.0.7.dist-info"
    other.mkdir()

    with pytest.raises(BadInputError, match="more than one Ceilometer is installed there"):
        read_models(environment)


def test_what_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_models(tmp_path / NAME)
