"""The mantra on the data models of every release there is, and on models made to break it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.finding import Severity
from ceilift.mantra import Models, allowed, check, models_of, own_file, unread
from ceilift.package import Exchanges, Gnocchi, Messages
from ceilift.packages import load_package
from tests.clouds import catalogue

PUBLISHED = 41
BREAKERS = ("18.1.0", "19.1.0", "21.0.0", "21.0.1")  # trap T1: they demand what others do not send


@cache
def real() -> tuple[Models, ...]:
    """The models of every published release, oldest first."""
    found = (load_package(version) for version in catalogue().releases)
    return tuple(models_of(one, ()) for one in found if one is not None)


def errors(old: Models, new: Models) -> set[str]:
    return {one.id for one in check(old, new) if one.severity is Severity.BLOCKER}


def test_there_is_a_real_release_of_every_kind() -> None:
    versions = {one.version for one in real()}

    assert {"8.1.5", "9.0.7", "18.0.0", *BREAKERS, "27.0.0"} <= versions


@pytest.mark.parametrize("pair", list(pairwise(real())), ids=lambda pair: f"{pair[0].version}")
def test_no_neighbours_break_it_but_those_of_the_known_break(pair: tuple[Models, Models]) -> None:
    old, new = pair
    known = {"18.1.0", "19.1.0"} & {old.version, new.version}
    both_send = "user_name" in {*old.messages.sample_sends} & {*new.messages.sample_sends}

    assert bool(errors(old, new)) is (bool(known) and not both_send)


def test_over_all_pairs_only_the_known_releases_break_it() -> None:
    found = {
        (one, old.version if one.endswith("missing") else new.version)
        for old, new in combinations(real(), 2)
        for one in errors(old, new)
    }

    assert {version for _, version in found} <= set(BREAKERS)
    assert {one for one, _ in found} <= {
        f"sample.{field}.{how}"
        for field in ("user_name", "project_name")
        for how in ("demanded", "missing")
    }
    assert {version for one, version in found if one.endswith("demanded")} == set(BREAKERS)


MODELS = Models(
    "1",
    Messages(("volume",), (), ("volume",), (), ("traits",)),
    Gnocchi({"instance": {"host": "string, required", "name": "string, optional"}}),
    {"sample": ("id", "volume")},
    ("notifications.sample",),
    exchanges=Exchanges(("ceilometer", "nova"), ("ceilometer",)),
)


@pytest.mark.parametrize(
    ("changed", "found", "severity"),
    [
        ({"messages": Messages((), (), (), (), ("traits",))}, "sample.volume.missing", "error"),
        ({"messages": replace(MODELS.messages, event_sends=())}, "event.traits.gone", "warning"),
        ({"tables": {"sample": ("id",)}}, "sql.sample.volume.gone", "error"),
        ({"tables": {"meter": ("id",)}}, "sql.sample.gone", "error"),
        ({"queues": ("other",)}, "queue.notifications.sample.gone", "warning"),
        (
            {"exchanges": Exchanges(("ceilometer",), ("ceilometer",))},
            "exchange.nova.gone",
            "warning",
        ),
        (
            {"exchanges": Exchanges(("ceilometer", "heat", "nova"), ("ceilometer",))},
            "exchange.heat.added",
            "info",
        ),
        (
            {"exchanges": Exchanges(("nova", "telemetry"), ("telemetry",))},
            "exchange.ceilometer.unheard",
            "error",
        ),
        (
            {"exchanges": Exchanges(("ceilometer", "nova", "telemetry"), ("telemetry",))},
            "exchange.telemetry.missing",
            "error",
        ),
        (
            {"gnocchi": Gnocchi({"instance": {"host": "string, required"}})},
            "gnocchi.instance.name.gone",
            "error",
        ),
        (
            {
                "gnocchi": Gnocchi(
                    {"instance": {"host": "uuid, required", "name": "string, optional"}}
                )
            },
            "gnocchi.instance.host.modified",
            "error",
        ),
        (
            {
                "gnocchi": Gnocchi(
                    {"instance": {"host": "string, optional", "name": "string, optional"}}
                )
            },
            "gnocchi.instance.host.relaxed",
            "warning",
        ),
    ],
)
def test_what_is_taken_away_or_changed_is_found(
    changed: dict[str, object], found: str, severity: str
) -> None:
    new = replace(MODELS, version="2", **changed)  # type: ignore[arg-type]

    assert {one.id: one.word for one in check(MODELS, new)}[found] == severity


def test_a_type_that_is_listed_no_more_stays_and_so_do_tables_without_a_driver() -> None:
    new = replace(MODELS, version="2", gnocchi=Gnocchi({}), tables={})

    assert check(MODELS, new) == ()


def test_a_demand_that_the_other_side_does_not_meet_is_found_both_ways() -> None:
    more = replace(MODELS.messages, sample_sends=("user", "volume"), sample_requires=("user",))
    demanding = replace(MODELS, version="2", messages=more)

    assert "sample.user.demanded" in errors(MODELS, demanding)
    assert "sample.user.missing" in errors(demanding, MODELS)


names = st.sets(st.sampled_from(["a", "b", "c", "d"])).map(lambda found: tuple(sorted(found)))
models = st.builds(
    Models,
    st.just("1"),
    st.builds(Messages, names, names, names, names, names),
    st.dictionaries(
        st.sampled_from(["x", "y"]),
        st.dictionaries(
            st.sampled_from(["p", "q"]), st.sampled_from(["string, required", "string, optional"])
        ),
    ).map(Gnocchi),
    st.dictionaries(st.sampled_from(["t", "u"]), names),
    names,
    exchanges=st.builds(Exchanges, names, names),
)


@given(models)
def test_nothing_differs_from_itself_but_what_it_does_not_send_itself(one: Models) -> None:
    whole = replace(one.messages, sample_requires=one.messages.sample_sends)
    same = replace(one, messages=whole)

    assert check(same, same) == ()


@given(models, models)
def test_what_only_adds_breaks_nothing(one: Models, more: Models) -> None:
    messages = one.messages
    grown = replace(
        one,
        version="2",
        messages=replace(
            messages,
            sample_sends=tuple({*messages.sample_sends, *more.messages.sample_sends}),
            event_sends=tuple({*messages.event_sends, *more.messages.event_sends}),
            sample_requires=(),
        ),
        gnocchi=Gnocchi({**more.gnocchi.types, **one.gnocchi.types}),
        tables={**more.tables, **one.tables},
        queues=tuple({*(one.queues or ()), *(more.queues or ())}),
        exchanges=replace(
            one.exchanges, listens=tuple({*one.exchanges.listens, *more.exchanges.listens})
        ),
    )
    before = replace(one, messages=replace(messages, sample_requires=messages.sample_sends))

    assert {judged.word for judged in check(before, grown)} <= {"info"}


def test_what_somebody_lets_pass_breaks_nothing_and_keeps_the_reason() -> None:
    new = replace(MODELS, version="2", tables={"sample": ("id",)})

    (found,) = allowed(check(MODELS, new), {"sql.sample.volume.gone": "never written"})

    assert (found.breaks, found.allowed) == (False, "never written")


def test_real_releases_publish_where_all_others_listen() -> None:
    known = [one.exchanges for one in real() if "exchanges" not in one.unread]

    assert len(known) == PUBLISHED
    assert {one.publishes for one in known} == {("ceilometer",)}
    assert all("ceilometer" in one.listens for one in known)


@pytest.mark.parametrize(
    ("old", "new", "gone", "added"),
    [
        ("8.1.5", "9.0.7", {"central"}, {"dns"}),
        ("9.0.7", "10.0.1", set(), {"aodh"}),
        ("22.0.1", "23.0.2", {"sahara"}, set()),
    ],
)
def test_exchanges_that_real_releases_listen_on_no_more(
    old: str, new: str, gone: set[str], added: set[str]
) -> None:
    by_version = {one.version: one for one in real()}
    found = {one.id for one in check(by_version[old], by_version[new])}

    assert {one for one in found if one.startswith("exchange.")} == {
        *(f"exchange.{name}.gone" for name in gone),
        *(f"exchange.{name}.added" for name in added),
    }


def test_what_the_operators_own_files_use_is_an_error_and_told_first() -> None:
    new = replace(
        MODELS, version="2", exchanges=Exchanges(("ceilometer",), ("ceilometer",)), queues=()
    )
    own = own_file("meters.yaml", "metric: [{name: x, event_type: nova.*}]")

    first, *rest = check(MODELS, new, [own])

    assert (first.id, first.word) == ("exchange.nova.gone", "error")
    assert first.who == "used by your own meters.yaml"
    assert {one.word for one in rest} == {"warning"}


def test_what_is_not_known_is_not_compared_and_said() -> None:
    old = replace(MODELS, unread=("exchanges", "gnocchi", "database"), queues=None)
    new = replace(MODELS, version="2", gnocchi=Gnocchi({"instance": {}}), tables={"x": ()})

    assert check(old, new) == ()
    assert unread(old, new) == ("queues", "exchanges", "gnocchi", "database")
