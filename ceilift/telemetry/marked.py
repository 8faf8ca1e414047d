"""One marked notification: on a quiet cloud, the proof that samples come through.

Sent by the release's own Python with the agent's own configuration, as a service would send it.
It leaves one row, which is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from ceilift.clock import now
from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory
from ceilift.plan import Gate
from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell
from ceilift.scrub import scrubbed

EVENT = "image.upload"
METER = "image.size"  # of that event: ceilometer/data/meters.d/meters.yaml
TIMEOUT_S = 60.0
SEND = """\
exec timeout 50 "$1" - "$2" "$3" "$4" <<'CEILIFT_END'
import logging
import sys
import oslo_messaging
from ceilometer import messaging, service

config, event, resource = sys.argv[1:]
conf = service.prepare_service(
    ["ceilift-probe", "--config-file", config, "--log-file", "/dev/null"])
urls = list(conf.notification.messaging_urls or []) or [None]
transport = messaging.get_transport(conf, urls[0])
topics = conf.oslo_messaging_notifications.topics

class Strict(logging.Handler):  # the notifier logs a failure and goes on as if it had none
    def emit(self, record):
        if record.levelno >= logging.ERROR:
            sys.exit(str(record.exc_info[1] if record.exc_info else record.getMessage()))

logging.getLogger("oslo_messaging.notify").addHandler(Strict())
notifier = oslo_messaging.Notifier(
    transport, driver="messagingv2", publisher_id="image.ceilift", topics=topics[:1], retry=3)
notifier.info({}, event, {"id": resource, "name": "ceilift-probe", "owner": "ceilift",
                          "status": "active", "size": 1})
transport.cleanup()
CEILIFT_END
"""


@dataclass(frozen=True, slots=True)
class Marked:
    """A notification that was sent: the resource its row is about, and when (epoch seconds)."""

    resource: str
    sent_at: float

    def __str__(self) -> str:
        return f"the marked notification leaves a row: meter {METER}, resource {self.resource}"


def send_marked(actor: Actor, shell: Shell, inventory: Inventory, gate: Gate) -> Marked:
    """Send one notification from that host, by the gate's release.

    Raises StepFailedError, without credentials, when it could not be sent.
    """
    host = inventory.host(shell.host)
    folder = inventory.path(inventory.install.path, host, release=gate.release)
    resource, sent_at = f"ceilift-probe-{uuid4()}", now()
    result = actor.act(
        shell,
        gate.id,
        f"marked notification {resource}",
        SEND,
        f"{folder}/bin/python",
        inventory.path(inventory.config.main, host),
        EVENT,
        resource,
        timeout_s=TIMEOUT_S,
    )
    if not result.ok:
        said = scrubbed(" | ".join(result.stderr.strip().splitlines()[-3:]))
        what = f"{gate.id}: the marked notification could not be sent from {host.name}: {said}"
        raise StepFailedError(what, host=host.name, step=gate.id)
    return Marked(resource, sent_at)
