"""The reference is whole: what it does not name fails here, and what it names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

from ceilift.errors import BAD_INPUT, DONE, FAILED, PAUSED, REFUSED
from ceilift.hazards import ACCEPTABLE
from ceilift.hazards.crossings import TOLD
from ceilift.hazards.hosts import REMEDIES
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import SecretRef
from ceilift.ledger.tables import metadata
from ceilift.plan import Action, GateKind, Plan
from ceilift.plan_json import plan_to_json
from ceilift.report import Report
from flows.cli import app
from lab.cli import app as lab_app
from lab.faults import FAULTS
from lab.nspawn.faults import FAULTS as NSPAWN_FAULTS
from tests.golden import FILES, read

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "deployments" / "README.md",
]
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| `(?P<name>[^`]+)`(?P<rest>.*)$", re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


def rows(text: str) -> dict[str, str]:
    """What the tables' first column names in code, and the rest of each row."""
    return {match["name"]: match["rest"] for match in ROW.finditer(text)}


def sections(text: str) -> dict[str, str]:
    """What stands under each heading that is code, by that code."""
    parts = re.split(r"^##+ `([^`]+)`$", text, flags=re.MULTILINE)
    return {
        name: body.split("\n## ")[0] for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def commands(command: Any, words: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - click's
    """Every command below this one that can be typed."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, each in inner.items():
        yield from commands(each, f"{words} {name}")


def options(command: Any) -> set[str]:  # noqa: ANN401 - click's
    """The long names of its options, and its arguments."""
    found = {
        param.name.upper() if param.param_type_name == "argument" else max(param.opts, key=len)
        for param in command.params
    }
    return found - {"--help"}


CLI = dict(commands(typer.main.get_command(app), "ceilift"))


def test_every_command_has_its_section() -> None:
    assert set(sections(page("cli"))) == set(CLI)


@pytest.mark.parametrize("name", sorted(CLI))
def test_every_option_of_a_command_is_in_its_section(name: str) -> None:
    documented = {row.split()[0] for row in rows(sections(page("cli"))[name])}

    assert documented == options(CLI[name])


def test_every_exit_code_is_told() -> None:
    codes = {str(code) for code in (DONE, FAILED, BAD_INPUT, REFUSED, PAUSED)}

    assert set(re.findall(r"^\| (\d) \|", page("cli"), re.MULTILINE)) == codes


def models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """The models somewhere inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


def inventory_fields(
    model: type[BaseModel], path: str = "", seen: tuple[type[BaseModel], ...] = ()
) -> Iterator[tuple[str, object]]:
    """Every field with its default; a secret's own fields stand alone, being the same anywhere."""
    for name, field in model.model_fields.items():
        where = f"{path}{name}"
        yield where, field.default
        for inner in models(field.annotation):
            if inner is not SecretRef and inner not in seen:
                yield from inventory_fields(inner, f"{where}.", (*seen, inner))


FIELDS = dict(
    (*inventory_fields(Inventory), *((name, None) for name in SecretRef.model_fields)),
)


def test_every_inventory_field_is_documented_and_no_other() -> None:
    assert set(rows(page("inventory"))) == set(FIELDS)


def test_the_defaults_of_inventory_fields_are_right() -> None:
    documented = rows(page("inventory"))
    plain = {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in FIELDS.items()
        if isinstance(value, (str, int, float)) and value
    }

    assert [name for name, value in plain.items() if f"`{value}`" not in documented[name]] == []


def calls() -> Iterator[tuple[str, ast.expr]]:
    """Every place in the rules that makes a finding: its severity, and what it gives as id."""
    for file in sorted((ROOT / "ceilift" / "hazards").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = node.func if isinstance(node, ast.Call) else None
            if isinstance(name, ast.Name) and name.id in {"blocker", "warning", "info"}:
                yield name.id, node.args[0]  # type: ignore[attr-defined] # it is a call


def finding_ids() -> set[tuple[str, str]]:
    """Every finding's id with its severity; computed ids are those of REMEDIES and of TOLD."""
    named = {(str(arg.value), kind) for kind, arg in calls() if isinstance(arg, ast.Constant)}
    traps = {(name, "blocker") for name in never_beside()}
    boundaries = {(one.id, "warning") for one in TOLD}
    return named | traps | boundaries | {(name, "blocker") for name in REMEDIES}


def never_beside() -> set[str]:
    """The traps of constraints that refuse a plan, which one rule tells by their names."""
    text = (ROOT / "ceilift" / "constraints.py").read_text(encoding="utf-8")
    return set(re.findall(r'NEVER_BESIDE,\n +"([^"]+)"', text)) | {"T4", "T5"}


def test_every_finding_is_documented_and_no_other() -> None:
    assert set(rows(page("findings"))) == {name for name, _ in finding_ids()}


def test_every_finding_is_documented_with_its_severity() -> None:
    documented = rows(page("findings"))
    wrong = [
        (name, kind) for name, kind in finding_ids() if kind not in documented[name].split("|")[1]
    ]

    assert wrong == []
    accepted = {name for name, rest in documented.items() if "may be accepted" in rest}
    assert accepted == ACCEPTABLE


def test_only_three_rules_compute_the_ids_of_their_findings() -> None:
    computed = [ast.unparse(arg) for _, arg in calls() if not isinstance(arg, ast.Constant)]

    assert computed == ["one.id", "finding_id", "one.trap"]


def keys(value: object) -> Iterator[str]:
    """Every key in nested plain data."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    if isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def lacks(text: str, names: Iterable[str]) -> list[str]:
    """Which names do not stand in the text as code."""
    return sorted(name for name in set(names) if f"`{name}`" not in text)


def a_plan() -> Plan:
    golden = read(next(file for file in FILES if file.stem == "lab"))
    return golden.planned(golden.state)


def test_every_key_of_a_plan_is_documented() -> None:
    words = {*Action, *GateKind}

    assert lacks(page("plan"), {*keys(plan_to_json(a_plan())), *(w.value for w in words)}) == []


def test_every_field_of_a_report_is_documented() -> None:
    assert lacks(page("report"), {field.name for field in fields(Report)}) == []


def test_every_table_and_column_of_the_ledger_is_documented() -> None:
    found = sections(page("ledger"))

    assert set(found) == set(metadata.tables)
    for name, table in metadata.tables.items():
        assert lacks(found[name], (c.name for c in table.columns if c.name != "id")) == [], name


def test_every_command_and_fault_of_the_lab_is_documented() -> None:
    known = dict(commands(typer.main.get_command(lab_app), "bin/lab"))
    found = rows(page("lab"))

    assert {name.split(" [")[0].split(" FAULT")[0] for name in found} == {
        *known,
        *FAULTS,
        *NSPAWN_FAULTS,
    }
    for name, command in known.items():
        line = next(f"{row}{rest}" for row, rest in found.items() if row.startswith(name))
        assert all(option in line for option in options(command) if option[0] == "-"), name


@pytest.mark.parametrize("file", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path) -> None:
    links = LINK.findall(file.read_text(encoding="utf-8"))

    assert [link for link in links if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("folder", ["how-to", "reference", "explanation", "adr"])
def test_every_page_is_in_the_index_of_its_folder(folder: str) -> None:
    index = (DOCS / folder / "index.md").read_text(encoding="utf-8")
    pages = {path.name for path in (DOCS / folder).glob("*.md")} - {"index.md"}

    assert {name for name in pages if f"]({name})" not in index} == set()
