"""The generator runs on another interpreter: here its libraries are stand-ins."""

from __future__ import annotations

import importlib
import io
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "oslo_messaging", ModuleType("oslo_messaging"))
    config: Any = ModuleType("oslo_config")
    config.cfg = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "oslo_config", config)
    monkeypatch.delitem(sys.modules, "lab.generator", raising=False)
    return importlib.import_module("lab.generator")


def test_a_new_log_begins_with_one(generator: ModuleType, tmp_path: Path) -> None:
    assert generator.next_serial(tmp_path / "sent.jsonl") == 1


def test_a_restart_goes_on_and_cuts_off_a_torn_line(generator: ModuleType, tmp_path: Path) -> None:
    log = tmp_path / "sent.jsonl"
    log.write_text('{"serial": 1}\n{"serial": 2}\n{"ser')

    assert generator.next_serial(log) == 3
    assert log.read_text() == '{"serial": 1}\n{"serial": 2}\n'


def test_a_line_is_written_only_after_the_publish_returned(generator: ModuleType) -> None:
    log = io.StringIO()
    seen: list[str] = []

    def send(serial: int) -> str:
        seen.append(log.getvalue())
        if serial == 2:
            raise InterruptedError
        return f"message-{serial}"

    with pytest.raises(InterruptedError):
        generator.pace(send, log, 1, 1000.0)

    (line,) = log.getvalue().splitlines()
    assert seen[0] == ""
    assert json.loads(line)["resource_id"] == "lab-000001"
    assert json.loads(line)["message_id"] == "message-1"


def test_the_notification_makes_one_image_size_sample(generator: ModuleType) -> None:
    message = generator._notification(7)

    assert message["event_type"] == "image.upload"
    assert message["payload"]["id"] == "lab-000007"
    assert message["payload"]["size"] == 7
