"""The Ceilometer API behind a private apache2 with mod_wsgi."""

from __future__ import annotations

import os
from pathlib import Path

from lab.clouds import Host
from lab.files import rendered, write
from lab.settings import PORTS, Lab

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
    """apache2 in the foreground, as supervisor wants it."""
    config = root / "etc" / "apache2" / "apache2.conf"
    words = ("/usr/sbin/apache2", "-f", str(config), "-DFOREGROUND")
    return " ".join((*_AS_WWW_DATA, *words) if os.geteuid() == 0 else words)


def write_site(lab: Lab, host: Host, release: str) -> None:
    """The server's configuration, the site, and the WSGI script that names the release.

    The release stands in the script and not in python-home: mod_wsgi loads a changed script at
    the next request and loses none, while a graceful restart of apache cuts some off.
    """
    root = lab.host(host)
    folder = root / "etc" / "apache2"
    values = {"root": root, "name": host.name, "ip": host.ip, "port": PORTS.api}
    write(folder / "apache2.conf", rendered("apache2.conf", **values))
    write(folder / "ceilometer.conf", rendered("apache2-ceilometer.conf", **values))
    script = rendered("app.wsgi", root=root, release=release)
    write(root / "etc" / "ceilometer" / "app.wsgi", script)
