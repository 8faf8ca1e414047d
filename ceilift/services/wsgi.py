"""The API behind a web server: the target's is warmed beside the old, then the server switched."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory, Wsgi
from ceilift.inventory_hosts import Host
from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell
from ceilift.services.script import Script, carry_out, release_pattern

WARM_S = 60.0
RELOAD_S = 30.0
SERVER_S = 60.0
WARM = Script("warm", ("common.sh", "wsgi_warm.sh"))
SWITCH = Script("switch", ("common.sh", "wsgi_switch.sh"))

Act = Callable[[Actor, Shell, str, Inventory, Host, str], str]


def warm(
    actor: Actor, shell: Shell, node: str, inventory: Inventory, host: Host, release: str
) -> str:
    """Load the release's application in its own Python and let it answer one request with 200.

    Clients do not see it. It finds what would fail behind the web server, and leaves compiled
    modules behind, which make the server's first answer faster. Raises StepFailedError when it
    does not answer 200 within 60 s, and when the inventory has no `wsgi`.
    """
    wsgi, subject = _wsgi(inventory, host, node), f"the API of {release}"
    url = urlsplit(inventory.path(wsgi.url, host))
    script = inventory.path(wsgi.script, host)
    folder, pattern = _folder(inventory, host, release), _any_release(inventory, host)
    args = (folder, script, url.path, url.query, f"{WARM_S:.0f}", pattern)
    return carry_out(actor, shell, node, WARM, subject, *args, wait_s=WARM_S)


def switch(
    actor: Actor, shell: Shell, node: str, inventory: Inventory, host: Host, release: str
) -> str:
    """Point the web server at the release and have it reloaded by the inventory's command.

    Nothing is reloaded when the file names the release already, unless an earlier switch was cut
    off before its reload. mod_wsgi's daemons do not survive Apache's graceful restart unharmed:
    requests under way can get 503 (their socket is gone) or 500 (ended after 3 s): 16 of 4,614
    in the lab. Where the release is named in the WSGI script itself, mod_wsgi sees the change at
    the next request and none fails (its documentation, "Reloading Source Code"; 0 of 10,360 in
    the lab): then `wsgi.config` is that script and `wsgi.reload` is empty. Raises
    StepFailedError when the file names no release folder, the release is not installed, or the
    reload fails.
    """
    wsgi, subject = _wsgi(inventory, host, node), f"the API to {release}"
    config = inventory.path(wsgi.config, host)
    reload = [inventory.path(word, host) for word in wsgi.reload]
    args = (config, release_pattern(inventory, host), _folder(inventory, host, release), *reload)
    return carry_out(actor, shell, node, SWITCH, subject, *args, wait_s=RELOAD_S)


def stop(
    actor: Actor, shell: Shell, node: str, inventory: Inventory, host: Host, _release: str
) -> str:
    """Stop the web server by the inventory's command; one that is stopped already is no failure.

    Raises StepFailedError when the command fails, or the inventory gives none.
    """
    return _server(actor, shell, node, inventory, host, "stop")


def start(
    actor: Actor, shell: Shell, node: str, inventory: Inventory, host: Host, release: str
) -> str:
    """Point the web server, which was stopped, at the release, and start it.

    Nothing is reloaded: it reads what it serves when it starts. Raises StepFailedError as `switch`
    and `stop` do.
    """
    wsgi = _wsgi(inventory, host, node)
    still = inventory.model_copy(update={"wsgi": wsgi.model_copy(update={"reload": ()})})
    pointed = switch(actor, shell, node, still, host, release)
    return f"{pointed}, {_server(actor, shell, node, inventory, host, 'start')}"


def _server(
    actor: Actor, shell: Shell, node: str, inventory: Inventory, host: Host, verb: str
) -> str:
    wsgi = _wsgi(inventory, host, node)
    words = wsgi.stop if verb == "stop" else wsgi.start
    if not words:
        raise StepFailedError(
            f"{host.name}: the inventory does not say how to {verb} the API's web server",
            host=host.name,
            step=node,
            next_command=f"give wsgi.{verb}, then: ceilift resume",
        )
    said = "stopped" if verb == "stop" else "started"
    command = [inventory.path(word, host) for word in words]
    script = Script(verb, ("common.sh", "wsgi_server.sh"))
    return carry_out(
        actor, shell, node, script, "the API's web server", said, *command, wait_s=SERVER_S
    )


def _folder(inventory: Inventory, host: Host, release: str) -> str:
    return inventory.path(inventory.install.path, host, release=release)


def _any_release(inventory: Inventory, host: Host) -> str:
    """A regular expression (Python's) for any release's folder; a release begins with a digit."""
    before, _, after = inventory.path(inventory.install.path, host, release="\0").partition("\0")
    return f"{re.escape(before)}[0-9][^/\\s\"']*{re.escape(after)}"


def _wsgi(inventory: Inventory, host: Host, node: str) -> Wsgi:
    if inventory.wsgi is None:
        raise StepFailedError(
            f"{host.name}: the inventory does not say how the API is served",
            host=host.name,
            step=node,
            next_command="describe it under wsgi, then: ceilift resume",
        )
    return inventory.wsgi
