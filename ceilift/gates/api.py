"""What the API's hosts answer, asked on the hosts themselves."""

from __future__ import annotations

from ceilift.clock import now
from ceilift.component import Component
from ceilift.gates.sight import Sight
from ceilift.looks import ApiAnswer, ApiLook
from ceilift.state import HostState

ASK = """\
exec "$1" -c '
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError:
    print(0)
' "$2" </dev/null
"""


def see_api(sight: Sight) -> ApiLook:
    """What every API host answers, asked on the host itself, and which release serves it."""
    names = [target.host for target in sight.gate.targets]
    states = {host.name: host for host in sight.hosts(*names)}
    return ApiLook(now(), tuple(_answer(sight, states[name]) for name in names))


def _answer(sight: Sight, state: HostState) -> ApiAnswer:
    inventory = sight.cloud.inventory
    host, wsgi = inventory.host(state.name), inventory.wsgi
    found = next((item for item in state.instances if item.component is Component.API), None)
    if wsgi is None or not state.reachable:
        return ApiAnswer(state.name, None, None)
    python = (
        inventory.path(inventory.install.path, host, release=sight.gate.release) + "/bin/python"
    )
    result = sight.cloud.connections.shell(state.name).run(
        ASK, python, inventory.path(wsgi.url, host), become=False
    )
    status = result.stdout.strip()
    known = int(status) if status.isdigit() else None
    return ApiAnswer(state.name, known, found.release if found else None)
