"""Lists of packages: what pip would install unchecked is refused, every line of it at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.errors import BadInputError
from ceilift.install.requirements import read_requirements

SHA = "--hash=sha256:" + "0" * 64
GOOD = f"""# made by pip-compile
ceilometer==9.0.7 \\
    {SHA} \\
    {SHA}
Oslo.Config==8.8.1 {SHA}  # via ceilometer
pywin32==1 ; sys_platform == "win32" {SHA}
"""


def faults(text: str, release: str = "9.0.7") -> list[str]:
    with pytest.raises(BadInputError) as failed:
        read_requirements(text, "list.txt", release)
    return [str(fault) for fault in failed.value.faults]


def test_a_whole_list_is_read_by_canonical_names() -> None:
    found = read_requirements(GOOD, "list.txt", "9.0.7")

    assert found.pinned == {"ceilometer": "9.0.7", "oslo-config": "8.8.1"}
    assert found.digest != read_requirements(GOOD + "\n", "list.txt", "9.0.7").digest


def test_every_fault_is_told_with_its_line() -> None:
    text = f"ceilometer==9.0.7\npbr>=2 {SHA}\n--index-url http://mirror\nsix==1.* {SHA}\n-e .\n"

    told = faults(text)

    assert [fault.split(":")[1] for fault in told] == [f" line {n}" for n in (1, 2, 3, 4, 5)]
    assert "ceilometer has no sha256" in told[0]
    assert "is not pinned" in told[1]
    assert "install.pip" in told[2]


def test_another_release_is_refused() -> None:
    assert "holds ceilometer 9.0.7, not 9.0.6" in faults(GOOD, "9.0.6")[0]
    assert "holds ceilometer none" in faults(f"pbr==5.8.0 {SHA}\n")[0]


def read_or_faults(text: str) -> object:
    try:
        return read_requirements(text, "list.txt", "9.0.7").pinned["ceilometer"]
    except BadInputError as error:
        return error.faults


@given(st.text(max_size=80))
def test_whatever_it_holds_it_is_a_list_or_a_fault(text: str) -> None:
    assert read_or_faults(text)
