from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.releases import SITE, adjust, pins_of

CLEANUP = """\
    def cleanup(self):
        # remaining messages and stop the thread
        self._message_operations_handler.stop()
        # Closes listener connection
"""


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    site = tmp_path / SITE
    (site / "ceilometer").mkdir(parents=True)
    (site / "oslo_messaging" / "_drivers").mkdir(parents=True)
    member = "        self._my_id = my_id or str(uuid.uuid4())\n"
    (site / "ceilometer" / "coordination.py").write_text(member)
    (site / "oslo_messaging" / "_drivers" / "amqpdriver.py").write_text(CLEANUP)
    return tmp_path


def test_a_derived_release_differs_in_one_line() -> None:
    derived = set(pins_of("9.0.6").splitlines())

    assert derived ^ set(pins_of("9.0.7").splitlines()) == {
        "ceilometer==9.0.6",
        "ceilometer==9.0.7",
    }


def test_a_release_without_pins_is_refused() -> None:
    with pytest.raises(LabError, match=r"no pins for ceilometer 7\.0\.0; it has those from"):
        pins_of("7.0.0")


def test_adjustments_are_said_once(venv: Path) -> None:
    assert len(adjust(venv, "8.1.5")) == 3
    assert adjust(venv, "8.1.5") == []


def test_what_each_release_needs(venv: Path) -> None:
    said = adjust(venv, "9.0.7")

    assert len(said) == 2
    assert not any("member ids" in one for one in said)
    assert "encode" not in (venv / SITE / "ceilometer" / "coordination.py").read_text()


def test_an_unknown_source_is_not_adjusted_silently(venv: Path) -> None:
    (venv / SITE / "oslo_messaging/_drivers/amqpdriver.py").write_text("other\n")

    with pytest.raises(LabError, match="the passage to adjust was not found"):
        adjust(venv, "9.0.7")
