"""Resource types after all operations, each attribute in words."""

from __future__ import annotations

import pytest

from ceilift.errors import BadInputError
from ceilift.wheel.gnocchi import gnocchi
from tests.wheels import GNOCCHI, sources

CLIENT = "ceilometer/gnocchi_client.py"


def test_types_are_those_after_the_last_operation() -> None:
    found = gnocchi(sources())

    assert found.types == {
        "image": {"name": "uuid, optional"},
        "stack": {},
        "zone": {"email": "number, optional"},
    }
    assert found.operations == ("make name optional", "add zone")
    assert found.requires == "4.2.0"


def test_without_operations_they_are_the_first_ones() -> None:
    first = GNOCCHI.partition("resources_update_operations")[0]

    found = gnocchi(sources({CLIENT: f"{first}resources_update_operations = []"}))

    assert found.types["image"] == {"name": "string, required, 0 to 255 characters"}


def test_what_existing_rows_get_is_told() -> None:
    filled = GNOCCHI.replace('{"type": "uuid"}', '{"type": "uuid", "options": {"fill": ""}}')

    assert gnocchi(sources({CLIENT: filled})).types["image"] == {
        "name": "uuid, optional, existing rows get ''"
    }


def test_an_attribute_may_be_taken_away() -> None:
    removed = GNOCCHI.replace('"op": "add"', '"op": "remove"')

    assert gnocchi(sources({CLIENT: removed})).types["image"] == {}


@pytest.mark.parametrize(
    ("line", "required"),
    [('REQUIRED_VERSION = version.LooseVersion("4.0.0")', "4.0.0"), ("", "")],
)
def test_the_oldest_gnocchi_as_releases_write_it(line: str, required: str) -> None:
    text = GNOCCHI.replace('REQUIRED_VERSION = "4.2.0"', line)

    assert gnocchi(sources({CLIENT: text})).requires == required


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "it is missing"),
        (GNOCCHI.replace('"create_resource_type"', '"burn"'), "operation burn is not known"),
        (GNOCCHI.replace('"stack": {}', '"stack": make()'), "resources_initial is computed"),
    ],
)
def test_what_is_not_understood_is_named(text: str | None, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        gnocchi(sources({CLIENT: text}))
