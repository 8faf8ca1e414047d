"""What the API's hosts answer, asked on the hosts themselves."""

from __future__ import annotations

from ceilift.clock import now
from ceilift.component import Component
from ceilift.errors import TransientError, UnreachableError
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
    """What every API host answers, asked on the host itself, and which release then serves it.

    Asked first: a server that loads a changed application at its next request does so now.
    """
    names = [target.host for target in sight.gate.targets]
    statuses = {name: _status(sight, name) for name in names}
    states = {host.name: host for host in sight.hosts(*names)}
    return ApiLook(now(), tuple(_answer(states[name], statuses[name]) for name in names))


def _status(sight: Sight, name: str) -> int | None:
    """The HTTP status of one request; 0: no answer, None: the host could not be asked."""
    inventory = sight.cloud.inventory
    host, wsgi = inventory.host(name), inventory.wsgi
    if wsgi is None:
        return None
    folder = inventory.path(inventory.install.path, host, release=sight.gate.release)
    url = inventory.path(wsgi.url, host)
    try:
        shell = sight.cloud.connections.shell(name)
        said = shell.run(ASK, f"{folder}/bin/python", url, become=False).stdout.strip()
    except (TransientError, UnreachableError):
        return None
    return int(said) if said.isdigit() else None


def _answer(state: HostState, status: int | None) -> ApiAnswer:
    found = next((item for item in state.instances if item.component is Component.API), None)
    return ApiAnswer(state.name, status, found.release if found else None)
