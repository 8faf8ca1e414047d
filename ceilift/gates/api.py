"""What the API's hosts answer, asked on the hosts themselves."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.component import Component
from ceilift.errors import TransientError, UnreachableError
from ceilift.gates.sight import Sight
from ceilift.looks import ApiAnswer, ApiLook
from ceilift.probe import observe_hosts
from ceilift.release import Catalogue
from ceilift.state import HostState

ASK = """\
exec "$1" -c '
import sys
try:
    from urllib.error import HTTPError
    from urllib.request import urlopen
except ImportError:
    from urllib2 import HTTPError, urlopen
try:
    print(urlopen(sys.argv[1], timeout=20).getcode())
except HTTPError as error:
    print(error.code)
except EnvironmentError:
    print(0)
' "$2" </dev/null
"""


def see_api(sight: Sight) -> ApiLook:
    """What every API host answers, and which release then serves it."""
    names = [target.host for target in sight.gate.targets]
    return ApiLook(now(), api_answers(sight.cloud, sight.catalogue, names, sight.gate.release))


def api_answers(
    cloud: Cloud, catalogue: Catalogue, names: Sequence[str], release: str
) -> tuple[ApiAnswer, ...]:
    """One request on each of these hosts, all at once, then the release each serves.

    Asked first: a server that loads a changed application at its next request does so now.
    `release` is one whose Python is on the hosts, to ask with.
    """
    with ThreadPoolExecutor(max(len(names), 1)) as pool:
        statuses = dict(zip(names, pool.map(partial(_status, cloud, release), names), strict=True))
    known = tuple(catalogue.releases)
    states = observe_hosts(cloud.connections, cloud.inventory, known, names)
    return tuple(_answer(state, statuses[state.name]) for state in states)


def _status(cloud: Cloud, release: str, name: str) -> int | None:
    """The HTTP status of one request; 0: no answer, None: the host could not be asked."""
    inventory = cloud.inventory
    host, wsgi = inventory.host(name), inventory.wsgi
    if wsgi is None:
        return None
    folder = inventory.path(inventory.install.path, host, release=release)
    url = inventory.path(wsgi.url, host)
    try:
        shell = cloud.connections.shell(name)
        said = shell.run(ASK, f"{folder}/bin/python", url, become=False).stdout.strip()
    except (TransientError, UnreachableError):
        return None
    return int(said) if said.isdigit() else None


def _answer(state: HostState, status: int | None) -> ApiAnswer:
    found = next((item for item in state.instances if item.component is Component.API), None)
    return ApiAnswer(state.name, status, found.release if found else None)
