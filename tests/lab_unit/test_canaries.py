"""What looks for planted secrets finds them, in whatever form and place."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from ceilift.inventory_file import load_inventory
from ceilift.ledger.store import Ledger
from lab import credentials
from lab.accept.canaries import KEY, KINDS, Planted, body, judge, plant
from lab.accept.checks import Checks
from lab.accept.rollbacks import CASES
from lab.accept.trust import CANARIES, _chosen
from lab.canaries import Canary, Place, files, rows, sightings, watching
from lab.files import write
from lab.inventory_file import write_inventory
from lab.ledger_server import ledger_server
from lab.settings import Lab
from lab.waiting import until

SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8, max_size=60)


@given(SECRETS, st.binary(max_size=20), st.binary(max_size=20))
def test_it_is_found_in_every_form(secret: str, before: bytes, after: bytes) -> None:
    raw = secret.encode()
    canary = Canary("x", secret)
    spelled = (raw, quote(secret, safe="").encode(), json.dumps({"a": secret}).encode())
    coded = (base64.b64encode(before + raw + after), base64.urlsafe_b64encode(before + raw))
    for form in (*spelled, repr([secret]).encode(), *coded):
        if form in repr([secret]).encode() and "'" in secret:
            continue  # its quotes are chosen by what else is in the text
        assert sightings([canary], [Place("file", "x", before + form + after)]), form


@given(SECRETS, SECRETS)
def test_another_secret_is_not_taken_for_it(secret: str, other: str) -> None:
    found = sightings([Canary("x", f"one{secret}")], [Place("file", "x", f"two{other}".encode())])
    assert bool(found) == any(
        form in f"two{other}".encode() for form in Canary("x", f"one{secret}").forms
    )


def test_a_canary_is_not_printed_by_its_own_search() -> None:
    assert "hunter2" not in repr([Canary("x", "hunter2"), Place("file", "x", b"hunter2")])


def test_packed_files_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "dump.sql.gz").write_bytes(gzip.compress(b"-- hunter2hunter2"))
    (tmp_path / "plain").write_bytes(b"hunter2hunter2")
    (tmp_path / "half.gz").write_bytes(gzip.compress(b"hunter2hunter2" * 99)[:20])
    found = sightings([Canary("x", "hunter2hunter2")], files("file", tmp_path))
    assert [Path(place.name).name for _, place in found] == ["dump.sql.gz", "plain"]


def test_a_process_shows_its_arguments_and_not_its_input() -> None:
    shown, kept = Canary("shown", "shown-canary-1"), Canary("kept", "kept-canary-2")
    program = (sys.executable, "-c", "import sys; sys.stdin.read()", shown.text)
    with watching() as watch, subprocess.Popen(program, stdin=subprocess.PIPE) as process:
        until(lambda: sightings([shown], watch.places()), "it was seen", 20)
        process.communicate(kept.text.encode())
    found = sightings([shown, kept], watch.places())
    assert {canary.name for canary, _ in found} == {"shown"}
    assert watch.looks > 1


def test_rows_are_read_whatever_the_table(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/l.db"
    Ledger(url).dispose()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE another (x TEXT)"))
        connection.execute(text("INSERT INTO another VALUES ('hunter2hunter2')"))
    engine.dispose()
    found = sightings([Canary("x", "hunter2hunter2")], rows(url))
    assert [(place.kind, place.name) for _, place in found] == [("ledger", "another")]


def test_the_ledgers_server_asks_for_its_password() -> None:
    with ledger_server("right-password") as url:
        Ledger(url, "right-password").dispose()
        assert {place.name for place in rows(url, "right-password")} >= {"upgrades", "lease"}
        with pytest.raises(OperationalError, match="password authentication failed"):
            list(rows(url, "wrong-password"))
    assert not Path(url.partition("host=")[2]).exists()


def test_every_inventory_that_is_planted_is_one_and_holds_no_secret(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials.make_secrets(lab)
    credentials.make_ssh_keys(lab)
    write_inventory(lab)
    monkeypatch.setenv(KEY, (lab.ssh / "id_ed25519").read_text())
    planted = Planted(lab.root / "canaries")
    plant(lab, planted, "postgresql+psycopg://ceilift@/postgres?host=/run/here")
    for file in planted.inventories.values():
        assert load_inventory(file).cloud == "lab"
    assert len(planted.canaries) == len({canary.text for canary in planted.canaries}) == 11
    left = [*files("file", planted.folder / "inventories")]
    assert sightings(planted.canaries, left) == []
    assert len(sightings(planted.canaries, files("file", planted.folder / "secrets"))) == 7
    assert sightings(planted.canaries[3:4], files("file", lab.ssh))


def test_the_body_of_a_key_is_its_own(lab: Lab) -> None:
    credentials.make_ssh_keys(lab)
    one, other = ((lab.ssh / name).read_text() for name in ("id_ed25519", "host-ctl1"))
    assert body(one) in one
    assert body(one) not in other


def judged(planted: Planted, *places: Place, looks: int = 1000) -> dict[str, bool]:
    checks = Checks("trust")
    judge(checks, planted, list(places), looks)
    return {check.name: check.met for check in checks.found}


def test_a_search_that_is_blind_for_one_kind_of_place_fails(tmp_path: Path) -> None:
    planted = Planted(tmp_path)
    write(tmp_path / "x", planted.secret("database"))
    control = [Place(kind, "x", planted.control.text.encode()) for kind in KINDS]
    fine = {"canaries planted": True, "canaries found": True, "control found": True}
    assert judged(planted, *control) == fine
    assert judged(planted, *control[1:]) == fine | {"control found": False}
    assert judged(planted, *control, looks=3) == fine | {"canaries planted": False}
    leak = Place("output", "plan, stderr", f"refused {planted.secret('database')}".encode())
    assert judged(planted, *control, leak) == fine | {"canaries found": False}


def test_its_number_is_behind_the_cases_and_names_none_of_them() -> None:
    assert _chosen(short=False, parts=(CANARIES,)) == ()
    assert _chosen(short=False, parts=(1, CANARIES)) == CASES[:1]
