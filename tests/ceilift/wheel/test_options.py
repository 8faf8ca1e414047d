"""Options are found through chains, sums, imports and names; nothing is lost in silence."""

from __future__ import annotations

import pytest

from ceilift.errors import BadInputError
from ceilift.package import Option
from ceilift.wheel.options import options
from tests.wheels import MANAGER, OPTS, SAMPLE, sources

BY_PATH = {option.path: option for option in options(sources())}


def test_every_option_of_every_list_is_found_and_those_of_the_library_are_not() -> None:
    assert list(BY_PATH) == [
        "[DEFAULT] batch_size",
        "[DEFAULT] dirs",
        "[DEFAULT] host",
        "[DEFAULT] source",
        "[polling] batch_size",
        "[polling] dirs",
        "[polling] new",
        "[service_credentials] source",
    ]


def test_a_default_is_followed_through_names() -> None:
    assert BY_PATH["[polling] batch_size"] == Option(
        "polling", "batch_size", "IntOpt", "50", "min 1", ("[polling] batch",)
    )


def test_a_default_that_the_agent_computes_is_shown_as_it_is_written() -> None:
    assert BY_PATH["[DEFAULT] host"].default == "<socket.gethostname()>"


def test_no_default_is_null() -> None:
    assert BY_PATH["[polling] new"].default == "null"


def test_lists_and_what_is_to_go() -> None:
    dirs = BY_PATH["[DEFAULT] dirs"]

    assert (dirs.default, dirs.going) == ('["/etc/a", "/etc/b"]', True)


def test_older_names_with_their_groups() -> None:
    source = BY_PATH["[DEFAULT] source"]

    assert source.aliases == ("[publisher] old_source", "[sample] older")
    assert source.accepts == 'choices ["a", "b"]'


def test_without_a_group_an_older_name_is_in_the_options_own() -> None:
    bare = SAMPLE.replace("'old_source', 'publisher'", "'old_source'")
    found = {option.path: option for option in options(sources({"ceilometer/sample.py": bare}))}

    assert "[service_credentials] old_source" in found["[service_credentials] source"].aliases


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("ceilometer/opts.py", None, "opts.py: it is missing"),
        ("ceilometer/opts.py", "def list_opts(:", "no Python that this one reads"),
        (
            "ceilometer/opts.py",
            OPTS.replace("samples.OPTS, OPTS", "[o for o in OPTS]"),
            r"ceilometer\.opts, line \d+: options are made here .*\[o for o in OPTS\]",
        ),
        (
            "ceilometer/opts.py",
            OPTS.replace("('DEFAULT', ", "(GROUP, "),
            "this is not a group with its options",
        ),
        (
            "ceilometer/polling/manager.py",
            MANAGER.replace("'batch_size'", "make()"),
            r"a name is computed here: make\(\)",
        ),
        ("ceilometer/polling/manager.py", None, "options are made here"),
    ],
)
def test_what_is_not_understood_ends_with_its_place(
    path: str, text: str | None, words: str
) -> None:
    with pytest.raises(BadInputError, match=words):
        options(sources({path: text}))
