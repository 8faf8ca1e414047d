"""Small wheels of Ceilometer: just the files that are read, each of which a test may replace."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZipFile

from ceilift.package import Package
from ceilift.wheel import read_package
from ceilift.wheel.archive import Wheel, open_wheel
from ceilift.wheel.source import Sources

VERSION = "30.0.0"
INFO = f"ceilometer-{VERSION}.dist-info"
DATA = f"ceilometer-{VERSION}.data/data"

METADATA = """\
Metadata-Version: 2.1
Name: ceilometer
Version: 30.0.0
Requires-Python: >=3.12
Requires-Dist: tooz[zake] (>=1.47.0)
Requires-Dist: PyYAML>=5.1
"""
ENTRY_POINTS = """\
[ceilometer.poll.compute]
memory.usage = ceilometer.compute:Memory
cpu = ceilometer.compute:Cpu

[console_scripts]
ceilometer-polling = ceilometer.cmd.polling:main

[tempest.test_plugins]
tests = ceilometer.tests:Plugin
"""
OPTS = """\
import itertools
import socket

from keystoneauth1 import loading
from oslo_config import cfg

import ceilometer.polling.manager
from ceilometer import sample as samples

OPTS = [cfg.StrOpt('host', default=socket.gethostname())]


def list_opts():
    return [
        ('DEFAULT', itertools.chain(ceilometer.polling.manager.OPTS, samples.OPTS, OPTS)),
        ('polling', ceilometer.polling.manager.OPTS + [cfg.BoolOpt('new')]),
    ]


def list_keystoneauth_opts():
    return [('service_credentials', itertools.chain(
        loading.get_session_conf_options(), samples.OPTS))]
"""
MANAGER = """\
from oslo_config import cfg

SIZE = 50
OPTS = [
    cfg.IntOpt('batch_size', default=SIZE, min=1, deprecated_name='batch', help='x'),
    cfg.MultiStrOpt('dirs', default=['/etc/a', '/etc/b'], deprecated_for_removal=True),
]
"""
SAMPLE = """\
from oslo_config import cfg

OPTS = [
    cfg.StrOpt('source', choices=('a', 'b'), deprecated_opts=[
        cfg.DeprecatedOpt('old_source', 'publisher'), cfg.DeprecatedOpt('older', group='sample')]),
]
"""
UTILS = """\
def meter_message_from_counter(sample, secret, publisher_id=None):
    msg = {'counter_name': sample.name, 'user_id': sample.user_id}
    if publisher_id is not None:
        msg['publisher_id'] = publisher_id
    msg['message_signature'] = sign(msg, secret)
    return msg
"""
NOTIFICATIONS = """\
class TelemetryIpc:
    def build_sample(self, message):
        for sample_dict in message['payload']['samples']:
            yield Sample(sample_dict['counter_name'], user=sample_dict.get('user_id'))
"""
MODELS = """\
class Event:
    def serialize(self):
        return {'message_id': self.message_id, 'traits': self.traits}
"""
GNOCCHI = """\
REQUIRED_VERSION = "4.2.0"
resources_initial = {
    "image": {"name": {"type": "string", "min_length": 0, "max_length": 255, "required": True}},
    "stack": {},
}
resources_update_operations = [
    {"desc": "make name optional", "type": "update_attribute_type", "resource_type": "image",
     "data": [{"op": "add", "path": "/attributes/name", "value": {"type": "uuid"}}]},
    {"desc": "add zone", "type": "create_resource_type", "resource_type": "zone",
     "data": [{"attributes": {"email": {"type": "number", "required": False}}}]},
]
"""
FILES = {
    f"{INFO}/METADATA": METADATA,
    f"{INFO}/entry_points.txt": ENTRY_POINTS,
    "ceilometer/opts.py": OPTS,
    "ceilometer/polling/manager.py": MANAGER,
    "ceilometer/sample.py": SAMPLE,
    "ceilometer/publisher/utils.py": UTILS,
    "ceilometer/telemetry/notifications.py": NOTIFICATIONS,
    "ceilometer/event/models.py": MODELS,
    "ceilometer/gnocchi_client.py": GNOCCHI,
    "ceilometer/pipeline/data/pipeline.yaml": "sinks: [{name: a, publishers: ['gnocchi://']}]",
    f"{DATA}/etc/ceilometer/polling.yaml": "sources: [{name: a, interval: 300, meters: [cpu]}]",
    "ceilometer/tests/data/pipeline.yaml": "not: [yaml",
}
NAME = f"ceilometer-{VERSION}-py3-none-any.whl"


def wheel_bytes(changed: Mapping[str, str | None] | None = None) -> bytes:
    """A wheel; `changed` replaces files or, with None, leaves them out."""
    box = BytesIO()
    with ZipFile(box, "w") as archive:
        for path, text in {**FILES, **(changed or {})}.items():
            if text is not None:
                archive.writestr(path, text)
    return box.getvalue()


def wheel(changed: Mapping[str, str | None] | None = None) -> Wheel:
    """The same, opened."""
    return open_wheel(NAME, wheel_bytes(changed))


def sources(changed: Mapping[str, str | None] | None = None) -> Sources:
    """The modules of such a wheel."""
    return Sources(wheel(changed))


def package(changed: Mapping[str, str | None] | None = None) -> Package:
    """The facts of such a wheel."""
    return read_package(NAME, wheel_bytes(changed))
