"""Asks a release's own loader on a host whether it accepts a pipeline, before an agent gets it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from ceilift.errors import StepFailedError
from ceilift.remote.shell import Result, Shell
from ceilift.scrub import scrubbed

LONGEST = 300
VERDICT = "ceilift-loader "
# Runs on Python 2.7 and 3, with the interpreter of the release. Publishers are found but not
# made: making one may open the file or the connection that a running agent uses. The loader
# itself goes on without a publisher that it cannot find, and the agent loses what is meant for it;
# so here that is a complaint.
PROGRAM = r"""
import json, sys
folder, config, verdict = sys.argv[1:4]

from oslo_config import cfg
from stevedore import driver
from ceilometer import opts, publisher

lost = []

def find(conf, url, namespace):
    scheme = url.split('://')[0]
    try:
        driver.DriverManager(namespace, scheme)
    except Exception:
        lost.append(scheme)
        raise

publisher.get_publisher = find
conf = cfg.ConfigOpts()
for group, options in opts.list_opts():
    conf.register_opts(list(options), group=None if group == 'DEFAULT' else group)
conf([], project='ceilometer', default_config_files=[config])
conf.set_override('pipeline_cfg_file', folder + '/pipeline.yaml')
conf.set_override('event_pipeline_cfg_file', folder + '/event_pipeline.yaml')

def manager(kind):
    return lambda conf: kind(conf, *[False] * (kind.__init__.__code__.co_argcount - 2))

try:
    from ceilometer.pipeline import setup_event_pipeline, setup_pipeline
    loaders = (setup_pipeline, setup_event_pipeline)
except ImportError:  # from 10 on
    from ceilometer.pipeline import event, sample
    loaders = (manager(sample.SamplePipelineManager), manager(event.EventPipelineManager))

def complaint(error):
    mark = getattr(error, 'problem_mark', None)
    if mark is not None:
        return 'is not valid YAML in line %d' % (mark.line + 1)  # its words may quote the file
    return getattr(error, 'msg', None) or '%s: %s' % (type(error).__name__, error)

names, faults = [], []
for name, load in zip(('pipeline.yaml', 'event_pipeline.yaml'), loaders):
    del lost[:]
    try:
        names += ['%s' % pipe.name for pipe in load(conf).pipelines]
    except Exception as error:
        faults.append('%s: %s' % (name, complaint(error)))
    else:
        faults += ['%s: this release has no publisher %s' % (name, one) for one in lost]
print(verdict + json.dumps({'fault': '; '.join(faults), 'names': sorted(names)}))
"""
SCRIPT = """# load a pipeline
python=$1 config=$2 verdict=$3
umask 077
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 143' HUP INT TERM
cd "$folder" || exit 1
base64 -d >pipeline.yaml <<'-TEXT-' || exit 1
{pipeline}
-TEXT-
base64 -d >event_pipeline.yaml <<'-TEXT-' || exit 1
{event}
-TEXT-
"$python" -B - "$folder" "$config" "$verdict" <<'PROGRAM'
{program}
PROGRAM
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a release made of two files: its complaint ("": none), and the names of the pipes."""

    fault: str
    names: tuple[str, ...]


def check_pipeline(
    shell: Shell,
    folder: str,
    config_path: str,
    pipeline_text: str,
    event_text: str,
    timeout_s: float,
) -> str:
    """Why the release in `folder` would not load these files; empty when it loads them.

    One line without credentials; it may name sources and sinks. Changes nothing on the host and
    connects to nothing; the texts are gone from it afterwards. Raises TransientError after
    `timeout_s`, StepFailedError when the release there cannot be asked.
    """
    texts = (pipeline_text, event_text)
    return load_pipelines(shell, folder, config_path, texts, timeout_s).fault


def load_pipelines(
    shell: Shell, folder: str, config_path: str, texts: tuple[str, str], timeout_s: float
) -> Loaded:
    """The same question, with the names of the pipes in the answer."""
    pipeline, event = (base64.encodebytes(text.encode()).decode() for text in texts)
    script = SCRIPT.format(pipeline=pipeline, event=event, program=PROGRAM)
    args = (f"{folder}/bin/python", config_path, VERDICT)
    return _answer(shell.host, folder, shell.run(script, *args, timeout_s=timeout_s))


def _answer(host: str, folder: str, result: Result) -> Loaded:
    for line in result.stdout.splitlines():
        if line.startswith(VERDICT):
            found: Any = json.loads(line.removeprefix(VERDICT))
            return Loaded(_one_line(found["fault"]), tuple(found["names"]))
    said = result.stderr.strip().splitlines()[-1:] or [f"exit code {result.code}"]
    what = f"{host}: the loader in {folder} gave no answer: {_one_line(said[0])}"
    raise StepFailedError(what, host=host)


def _one_line(text: str) -> str:
    return scrubbed(" ".join(text.split()))[:LONGEST]
