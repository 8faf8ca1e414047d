"""The page and the scenario that types it belong together: no command stands where none is run."""

from __future__ import annotations

from lab.accept.tutorial import PAGE, TYPED, commands


def test_every_command_of_the_page_is_typed() -> None:
    there = [line.strip() for line in PAGE.read_text().splitlines() if line.startswith(TYPED)]

    assert commands("1.", "2.", "4.", "5.") == there
    assert len(there) > len(commands("1."))


def test_every_block_holds_a_command_or_what_one_printed() -> None:
    printed = ("    Prefect UI: ", "    worker: ")
    blocks = [line for line in PAGE.read_text().splitlines() if line.startswith("    ")]

    assert all(line.startswith((*TYPED, *printed)) for line in blocks)
