"""The Ceilometer API behind a private apache2 with mod_wsgi."""

from __future__ import annotations

import os
from pathlib import Path

from lab.files import rendered, write
from lab.settings import PORTS, Host, Lab

_AS_WWW_DATA = (
    "setpriv",
    "--reuid=www-data",
    "--regid=www-data",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
)
"""mod_wsgi refuses to run as root. www-data with this capability reads the
lab's files wherever the checkout is; apache itself never runs as root."""


def api_command(root: Path) -> str:
    """apache2 in the foreground, so that SIGUSR1 to it is a graceful reload."""
    config = root / "etc" / "apache2" / "apache2.conf"
    words = ("/usr/sbin/apache2", "-f", str(config), "-DFOREGROUND")
    return " ".join((*_AS_WWW_DATA, *words) if os.geteuid() == 0 else words)


def write_site(lab: Lab, host: Host, release: str) -> None:
    """The server's configuration and, in its own file, the site with its python-home."""
    root = lab.host(host)
    folder = root / "etc" / "apache2"
    values = {"root": root, "name": host.name, "ip": host.ip, "port": PORTS.api}
    write(folder / "apache2.conf", rendered("apache2.conf", **values))
    site = rendered("apache2-ceilometer.conf", release=release, **values)
    write(folder / "ceilometer.conf", site)
