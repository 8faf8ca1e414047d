"""Gnocchi's API on a plain WSGI server, which answers soon and needs no uwsgi.

Runs on Gnocchi's own Python and imports nothing of the lab:
    python gnocchi_api.py HOST PORT gnocchi.conf
"""

from __future__ import annotations

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class Server(ThreadingMixIn, WSGIServer):
    """One thread a request."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Says nothing of the requests that it answers."""

    def log_message(self, *words: object) -> None:
        """Nothing is written."""


def main() -> None:
    """Serve until killed."""
    host, port, config = sys.argv[1:]
    sys.argv[1:] = ["--config-file", config]  # Gnocchi reads the command line itself
    from gnocchi.cli import api  # noqa: PLC0415 - of its own Python

    make_server(host, int(port), api.wsgi(), Server, Quiet).serve_forever()


if __name__ == "__main__":
    main()
