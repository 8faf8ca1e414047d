from __future__ import annotations

import math
from pathlib import Path

from ceilift.pipeline import differences, read_pipelines
from lab.accept.sinks import AddedRows, Moments, added_rows, changed_pipeline
from lab.files import rendered
from lab.settings import Lab
from lab.traffic import Sent

EMPTY = "sources: []\nsinks: []\n"
WHEN = Moments(reload=100.0, proven=120.0)


def sent(*moments: float) -> list[Sent]:
    return [Sent(n, f"lab-{n}", "m", at) for n, at in enumerate(moments, 1)]


def judged(rows: dict[str, int], when: Moments = WHEN) -> AddedRows:
    return added_rows(sent(10.0, 110.0, 130.0), rows, when)


def test_one_row_for_what_was_sent_after_the_proof_is_right() -> None:
    assert judged({"lab-3": 1}).right
    assert judged({"lab-3": 1}).expected == 1


def test_what_was_sent_while_they_reloaded_may_have_one_or_none() -> None:
    assert judged({"lab-2": 1, "lab-3": 1}).right
    assert judged({"lab-2": 2, "lab-3": 1}).twice == (2,)


def test_missing_twice_and_early_rows_are_named() -> None:
    assert judged({}).missing == (3,)
    assert judged({"lab-3": 2}).twice == (3,)
    assert judged({"lab-1": 1, "lab-3": 1}).early == (1,)


def test_a_reload_that_was_never_proven_is_never_right() -> None:
    assert not judged({}, Moments(math.inf, math.inf)).right


def test_the_new_pipeline_renames_one_sink_and_adds_another(tmp_path: Path) -> None:
    path = changed_pipeline(Lab(tmp_path))

    old = read_pipelines(rendered("pipeline.yaml"), EMPTY)
    new = read_pipelines(path.read_text(encoding="utf-8"), EMPTY)
    assert new.fault == ""
    assert differences(old, new) == (
        "pipe meter_source:meter_sink renamed to meter_source:renamed_sink",
        "pipe image_source:megabyte_sink added",
    )
