"""Lines of SHOW GRANTS as MariaDB 10.11 gives them, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.telemetry.privileges import mysql_privileges

NOBODY = "GRANT USAGE ON *.* TO `c`@`%` IDENTIFIED BY PASSWORD '*B69027D44F6E5EDC07F1AEAD'"
CASES = {
    "of the database": (["GRANT SELECT, INSERT ON `c`.* TO `c`@`%`"], {"INSERT", "SELECT"}),
    "of every database": (["GRANT SELECT ON *.* TO `c`@`%` WITH GRANT OPTION"], {"SELECT"}),
    "all": (["GRANT ALL PRIVILEGES ON `c`.* TO `c`@`%`"], {"ALL PRIVILEGES"}),
    "of another database": (["GRANT SELECT ON `d`.* TO `c`@`%`"], set()),
    "nothing": ([NOBODY], set()),
    "of names that begin so": (["GRANT SELECT ON `%`.* TO `c`@`%`"], {"SELECT"}),
    "of names of one letter": (["GRANT SELECT ON `_`.* TO `c`@`%`"], {"SELECT"}),
    "of the letter _": ([r"GRANT SELECT ON `\_`.* TO `c`@`%`"], set()),
    "hidden by the name itself": (
        ["GRANT SELECT ON `%`.* TO `c`@`%`", "GRANT INSERT ON `c`.* TO `c`@`%`"],
        {"INSERT"},
    ),
    "of an account and its role": (
        ["GRANT SELECT ON `%`.* TO `c`@`%`", "GRANT INSERT ON `c`.* TO `role`"],
        {"INSERT", "SELECT"},
    ),
    "of one table": (["GRANT SELECT ON `c`.`sample` TO `c`@`%`"], set()),
    "of columns": (["GRANT SELECT (`a`, `b`), INSERT (`a`) ON `c`.* TO `c`@`%`"], set()),
    "a role": (["GRANT `writer` TO `c`@`%`", "SET DEFAULT ROLE `writer` FOR `c`@`%`"], set()),
    "of a routine": (["GRANT EXECUTE ON PROCEDURE `c`.`p` TO `c`@`%`"], set()),
    "another quote": (['GRANT SELECT ON "c".* TO "c"@"%"'], {"SELECT"}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_held_on_the_whole_database(name: str) -> None:
    lines, held = CASES[name]

    assert set(mysql_privileges(lines, "c")[0]) == held


def test_what_is_held_on_single_tables_is_told_apart() -> None:
    lines = ["GRANT SELECT ON `c`.* TO `c`@`%`", "GRANT SELECT, DROP ON `c`.`sample` TO `c`@`%`"]

    assert mysql_privileges(lines, "c") == (("SELECT",), ("DROP",))


@given(st.text(min_size=1).filter(lambda name: "\n" not in name and "\r" not in name))
def test_a_name_is_its_own_whatever_is_in_it(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace("_", r"\_").replace("%", r"\%")
    line = f"GRANT SELECT ON `{escaped.replace('`', '``')}`.* TO `c`@`%`"

    assert mysql_privileges([line], name) == (("SELECT",), ())
