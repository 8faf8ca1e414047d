"""A pipeline is tried where it shall run: in private, with a deadline, and nothing is left."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError, TransientError
from ceilift.probe.loader import LONGEST, check_pipeline, load_pipelines
from tests.local_shell import LocalShell

TEXT = "sources: []\nsinks: [] # é -TEXT- $HOME `id`\n"
EVENTS = "END\nPROGRAM\n"
REPORT = """\
#!/bin/sh
cat >/dev/null
echo "$@" >"$OUT/args"
stat -c %a "$3" >"$OUT/mode"
cp "$3"/*.yaml "$OUT"
"""


@dataclass
class Release:
    """A folder with a `bin/python` of its own, and where its temporary files would be."""

    folder: Path
    out: Path
    shell: LocalShell

    def python(self, text: str) -> Release:
        place = self.folder / "bin/python"
        place.write_text(text)
        place.chmod(0o755)
        return self

    def says(self, verdict: object, before: str = "") -> Release:
        (self.out / "said").write_text(f"{before}ceilift-loader {json.dumps(verdict)}\n")
        return self.python(f'{REPORT}cat "$OUT/said"\n')

    def check(self, timeout_s: float = 10.0) -> str:
        return check_pipeline(self.shell, str(self.folder), "/etc/x.conf", TEXT, EVENTS, timeout_s)

    @property
    def left(self) -> list[Path]:
        return list((self.folder / "tmp").iterdir())


@pytest.fixture
def release(tmp_path: Path) -> Release:
    for name in ("bin", "tmp", "out"):
        (tmp_path / name).mkdir()
    environment = {"TMPDIR": str(tmp_path / "tmp"), "OUT": str(tmp_path / "out")}
    return Release(tmp_path, tmp_path / "out", LocalShell("ctl1", environment))


def test_the_loader_sees_the_texts_in_a_private_folder_that_is_gone_afterwards(
    release: Release,
) -> None:
    assert release.says({"fault": "", "names": ["a"]}, before="a warning\n").check() == ""

    assert (release.out / "mode").read_text() == "700\n"
    assert (release.out / "pipeline.yaml").read_text() == TEXT
    assert (release.out / "event_pipeline.yaml").read_text() == EVENTS
    assert " /etc/x.conf ceilift-loader" in (release.out / "args").read_text()
    assert release.left == []


def test_the_complaint_is_one_line_without_credentials(release: Release) -> None:
    fault = "Dangling sink\n http://me:hunter2@host " + "x" * 400

    found = release.says({"fault": fault, "names": []}).check()

    assert found.startswith("Dangling sink http://me:***@host x")
    assert len(found) == LONGEST


@pytest.mark.parametrize("text", ["#!/bin/sh\necho 'password: hunter2' >&2; exit 3\n", ""])
def test_a_loader_that_gives_no_answer_is_no_pipeline_that_loads(
    release: Release, text: str
) -> None:
    with pytest.raises(StepFailedError, match=r"ctl1: the loader in .* gave no answer") as caught:
        (release.python(text) if text else release).check()

    assert caught.value.host == "ctl1"
    assert "hunter2" not in str(caught.value)
    assert release.left == []


def test_a_loader_that_hangs_is_ended_and_leaves_nothing(release: Release) -> None:
    with pytest.raises(TransientError):
        release.python("#!/bin/sh\nexec sleep 60\n").check(timeout_s=1.0)

    assert release.left == []


CEILOMETER = {
    "oslo_config/__init__.py": "",
    "oslo_config/cfg.py": """
class ConfigOpts:
    def __init__(self): self.values = {}
    def register_opts(self, options, group): pass
    def __call__(self, args, **kwargs): self.given = kwargs
    def set_override(self, name, value): self.values[name] = value
""",
    "stevedore/__init__.py": "",
    "stevedore/driver.py": """
def DriverManager(namespace, scheme):
    if scheme == "gone": raise RuntimeError(scheme)
""",
    "ceilometer/__init__.py": "",
    "ceilometer/opts.py": "def list_opts(): return [('DEFAULT', ())]",
    "ceilometer/publisher.py": "",
}
CLASSIC = """
from types import SimpleNamespace as Pipe
from ceilometer import publisher
def load(path):
    words = open(path).read().split()
    if words[0] == "raise": raise KeyError(words[1])
    try: publisher.get_publisher(None, words[1], "n")
    except Exception: pass
    return Pipe(pipelines=[Pipe(name=words[0])])
"""
OLD = f"""{CLASSIC}
def setup_pipeline(conf): return load(conf.values["pipeline_cfg_file"])
def setup_event_pipeline(conf): return load(conf.values["event_pipeline_cfg_file"])
"""
LATER = """
from ceilometer.pipeline.loading import load
class {name}PipelineManager:
    def __init__(self, conf{more}):
        self.pipelines = load(conf.values["{option}"]).pipelines
"""


def later(more: str) -> dict[str, str]:
    sample = LATER.format(name="Sample", more=more, option="pipeline_cfg_file")
    event = LATER.format(name="Event", more=more, option="event_pipeline_cfg_file")
    return {
        "ceilometer/pipeline/__init__.py": "",
        "ceilometer/pipeline/loading.py": CLASSIC,
        "ceilometer/pipeline/sample.py": sample,
        "ceilometer/pipeline/event.py": event,
    }


@pytest.mark.parametrize(
    "pipeline", [{"ceilometer/pipeline.py": OLD}, later(""), later(", partition")]
)
@pytest.mark.parametrize(
    ("text", "fault", "names"),
    [
        ("a there://h", "", ("a", "event")),
        ("a gone://u:p@h", "pipeline.yaml: this release has no publisher gone", ("a", "event")),
        ("raise sinks", "pipeline.yaml: KeyError: 'sinks'", ("event",)),
    ],
)
def test_each_generation_of_loaders_is_asked(
    release: Release, pipeline: dict[str, str], text: str, fault: str, names: tuple[str, ...]
) -> None:
    for name, source in (CEILOMETER | pipeline).items():
        place = release.folder / "site" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(source)
    site = release.folder / "site"
    release.python(f'#!/bin/sh\nPYTHONPATH={site} exec {sys.executable} -S "$@"\n')

    found = load_pipelines(
        release.shell, str(release.folder), "/x.conf", (text, "event there://"), 10.0
    )

    assert (found.fault, found.names) == (fault, names)
