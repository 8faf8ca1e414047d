"""Programs that a release's own Python runs: each prints one line of JSON, its last.

They make and read messages, start a real polling agent's loading, make the targets of a
notification agent, list entry points and options with the release's own code. They run on every
release from 8.1.5 to 27.0.0.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from lab.errors import LabError

WITHIN_S = 120

PRODUCE = r"""
import json
from ceilometer import sample
from ceilometer.publisher import utils
try:
    from ceilometer.event import models
except ImportError:
    from ceilometer.event.storage import models
import datetime

SECRET = "lab"


def made(kind, **more):
    return sample.Sample(
        name="cpu", type=kind, unit="ns", volume=3, user_id="u", project_id="p",
        resource_id="r", timestamp="2026-01-01T00:00:00", resource_metadata={"a": {"b": [1, None]}},
        source="openstack", **more)


def samples():
    for kind in ("gauge", "delta", "cumulative"):
        yield utils.meter_message_from_counter(made(kind), SECRET)
    try:
        named = made("gauge", user_name="n", project_name="m")
    except TypeError:
        return  # it knows no names
    yield utils.meter_message_from_counter(named, SECRET)


def events():
    when = datetime.datetime(2026, 1, 1)
    traits = [models.Trait("t", kind, value) for kind, value in (
        (models.Trait.TEXT_TYPE, "x"), (models.Trait.INT_TYPE, 1),
        (models.Trait.FLOAT_TYPE, 0.5), (models.Trait.DATETIME_TYPE, when))]
    yield utils.message_from_event(models.Event("m", "e", when, traits, {}), SECRET)


print(json.dumps({"samples": list(samples()), "events": list(events())}))
"""

CONSUME = r"""
import contextlib
import json
import sys
from ceilometer.publisher import utils
from ceilometer.telemetry.notifications import TelemetryIpc

SECRET = "lab"
interim = {}
try:
    from ceilometer.pipeline import sample as of_samples, event as of_events
    interim["samples"] = getattr(of_samples, "InterimSampleEndpoint", None)
    interim["events"] = getattr(of_events, "InterimEventEndpoint", None)
except ImportError:
    from ceilometer import pipeline
    interim["samples"] = pipeline.SamplePipelineEndpoint
    interim["events"] = pipeline.EventPipelineEndpoint


class Conf(object):
    class publisher(object):
        telemetry_secret = SECRET

    class notification(object):
        ack_on_event_error = True


class Publishing(object):
    def __init__(self):
        self.got = []

    def __enter__(self):
        return self.got.extend

    def __exit__(self, *error):
        return False


def polled(message):
    endpoint = TelemetryIpc.__new__(TelemetryIpc)
    read = getattr(endpoint, "build_sample", None) or endpoint.process_notification
    found = list(read({"payload": {"samples": [message]}}))
    assert len(found) == 1 and found[0].name == message["counter_name"]


def between_pipes(kind, message):
    endpoint = interim[kind].__new__(interim[kind])
    endpoint.conf, into = Conf, Publishing()
    endpoint.publisher = endpoint.publish_context = into
    endpoint.sample([{"payload": [message]}])
    assert len(into.got) == 1


def signed(message):
    assert utils.verify_signature(message, SECRET)


def fault(read, *given):
    try:
        read(*given)
    except Exception as error:
        return "%s %s" % (type(error).__name__, error)
    return ""


def faults(messages):
    for message in messages["samples"]:
        yield "polled", fault(polled, message)
        yield "signed", fault(signed, message)
        if interim["samples"]:
            yield "between pipes", fault(between_pipes, "samples", message)
    for message in messages["events"]:
        yield "signed", fault(signed, message)
        if interim["events"]:
            yield "between pipes", fault(between_pipes, "events", message)


def of(messages):
    found = {}
    for how, what in faults(messages):
        found.setdefault(how, set()).update([what] if what else [])
    return {how: sorted(said) for how, said in found.items()}


print(json.dumps({producer: of(made) for producer, made in json.load(sys.stdin).items()}))
"""

AGENT = r"""
import json
import sys
from oslo_log import log
log.setup = lambda *args, **kwargs: None
from ceilometer import service
try:
    from ceilometer.polling.manager import AgentManager
except ImportError:
    from ceilometer.agent.manager import AgentManager

conf = service.prepare_service(["ceilometer-polling", "--config-file", sys.argv[1]])
agent = AgentManager(0, conf, sys.argv[2].split(","))
print(json.dumps(sorted(set(one.name for one in agent.extensions))))
"""

EXCHANGES = r"""
import json
from types import SimpleNamespace
from oslo_log import log
log.setup = lambda *args, **kwargs: None
from oslo_messaging import transport
from oslo_messaging.notify import notifier
from ceilometer import notification, service

conf = service.prepare_service(["ceilometer-agent-notification", "--config-file", "/dev/null"])
conf.register_opts(notifier._notifier_opts, group="oslo_messaging_notifications")
agent = notification.NotificationService
if hasattr(agent, "get_targets"):
    one = agent.__new__(agent)
    one.conf = conf
    targets = one.get_targets()
else:
    pipes = SimpleNamespace(conf=conf)  # all that a plugin takes of what manages its pipelines
    plugins = agent._get_notifications_manager(pipes)
    targets = [target for one in plugins for target in one.obj.get_targets(conf)]
conf.register_opts(transport._transport_opts)
print(json.dumps({
    "listens": sorted(set(one.exchange for one in targets)),
    "publishes": [conf.control_exchange]}))
"""

OPTIONS = r"""
import contextlib
import io
import json
from oslo_config import generator



def listed(namespace):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        generator.main(["--namespace", namespace, "--format", "json"])
    groups = json.loads(out.getvalue())["options"]
    return dict(
        ("[%s] %s" % (group, option["name"]), option["default"])
        for group, found in groups.items() for option in found["opts"])


print(json.dumps({"own": listed("ceilometer"), "auth": listed("ceilometer-auth")}))
"""

VALIDATE = r"""
import json
import os
import subprocess
import sys

program = os.path.join(os.path.dirname(sys.executable), "oslo-config-validator")
namespaces = ("ceilometer", "ceilometer-auth", "oslo.messaging", "oslo.log")
words = [word for name in namespaces for word in ("--namespace", name)]
done = subprocess.run(
    [sys.executable, "-B", program, "--input-file", sys.argv[1]] + words,
    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
print(json.dumps(done.stdout))
"""

VERSION_40 = r"""
import json
import os
import sys
from oslo_db.sqlalchemy import migration
from sqlalchemy import create_engine
import ceilometer.storage.sqlalchemy as storage

folder = os.path.join(os.path.dirname(storage.__file__), "migrate_repo")
engine = create_engine(json.load(sys.stdin))
migration.db_sync(engine, folder, version=40, init_version=0, sanity_check=False)
print(json.dumps("made"))
"""

COLUMNS = r"""
import json
import sys
from sqlalchemy import create_engine, inspect

found = inspect(create_engine(json.load(sys.stdin)))
print(json.dumps({table: dict(
    (one["name"], "%s%s" % (one["type"], "" if one["nullable"] else " NOT NULL"))
    for one in found.get_columns(table)) for table in found.get_table_names()}))
"""

ENTRY_POINTS = r"""
import json
from importlib import metadata

groups = {}
for one in metadata.distribution("ceilometer").entry_points:
    groups.setdefault(one.group, set()).add(one.name)
print(json.dumps({group: sorted(names) for group, names in groups.items()}))
"""


def asked(folder: Path, program: str, *args: str, given: object = None) -> Any:  # noqa: ANN401 - JSON
    """What a program prints with the Python of the release installed in that folder."""
    done = subprocess.run(
        [folder / "bin" / "python", "-B", "-c", program, *args],
        input=json.dumps(given),
        text=True,
        capture_output=True,
        check=False,
        timeout=WITHIN_S,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines()[-1:] or ["it printed nothing"]
        raise LabError(f"{folder.name}: {said[0]}")
    return json.loads(lines[-1])
