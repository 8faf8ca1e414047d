"""The operator's description of a cloud, as data; `inventory_file` reads and checks it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ceilift.component import Component
from ceilift.inventory_hosts import Host, HostPath, Role, SecretRef, Ssh, Strict, template
from ceilift.schedule import Window

WITH_PASSWORD = re.compile(r"://[^/@]*:[^/@]+@")


class Install(Strict):
    """Where releases are installed, and how one is staged. `path` holds {root} and {release}.

    `requirements` is a file of this machine ({release}): every package pinned, with checksums.
    `python` makes the environment on the host, `pip` are options for its pip, without credentials.
    """

    backend: Literal["venv"] = "venv"
    path: Annotated[str, template("root", "release")] = "{root}/opt/ceilometer/{release}"
    requirements: Annotated[str, template("release")] = ""
    python: str = "python3"
    pip: tuple[str, ...] = ()
    timeout_s: float = Field(default=1800, gt=0)

    @model_validator(mode="after")
    def _no_credentials(self) -> Install:
        if any(WITH_PASSWORD.search(word) for word in self.pip):
            raise ValueError("a password stands in pip: keep it in the hosts' own pip.conf")
        return self


class Services(Strict):
    """The process manager of the hosts and where its unit definitions stand ({root}, {unit})."""

    backend: Literal["supervisor", "systemd"] = "systemd"
    definition: Annotated[str, template("root", "unit")] = ""
    stop_timeout_s: float = Field(default=90, gt=0)


class Wsgi(Strict):
    """The API under a web server: the file that names the release, and how it is reloaded.

    `config` holds the path of the release (python-home); `reload` is the graceful reload, a
    command of the host, and empty where the server sees by itself that the file changed (mod_wsgi
    in daemon mode, with the release named in the WSGI script: then no request fails); `script` is
    the WSGI file; `url` answers with one of the API's hosts' addresses ({address}). `stop` and
    `start` are commands of the host that end and start the web server: both or neither; wanted
    where the database is restored, while nothing may read or write it.
    """

    config: HostPath
    script: HostPath
    reload: tuple[str, ...]
    url: Annotated[str, template("address", "root")] = "http://{address}:8777/v2/meters?limit=1"
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _both(self) -> Wsgi:
        if bool(self.stop) != bool(self.start):
            raise ValueError("stop and start belong together: what is stopped is started again")
        return self


class Scratch(Strict):
    """An empty database for a copy of production's. `url` is SQLAlchemy's, without a password."""

    url: str
    password: SecretRef | None = None
    via: str | None = None


class Backup(Strict):
    """Where and how the database is saved before dbsync.

    `dump+restore` proves the dump in the `scratch` database and tries the migration there. `keep`
    is how many dumps of this cloud stay in the folder, the newest; 0: all of them.
    """

    policy: Literal["dump", "dump+restore", "external"] = "dump"
    host: str = ""
    folder: str = ""
    keep: int = Field(default=0, ge=0)
    scratch: Scratch | None = None
    snapshot: str = Field(
        default="", description="policy external: the snapshot's name, unproven by us"
    )

    @model_validator(mode="after")
    def _complete(self) -> Backup:
        if self.policy != "external" and not (self.host and self.folder):
            raise ValueError(f"policy {self.policy} needs host and folder")
        if (self.policy == "dump+restore") != (self.scratch is not None):
            msg = "scratch belongs to policy dump+restore, and that policy needs it"
            raise ValueError(msg)
        if self.policy == "external" and not self.snapshot:
            msg = "policy external needs the snapshot's name"
            raise ValueError(msg)
        return self


class Database(Strict):
    """The Ceilometer database. `url` is SQLAlchemy's, without a password."""

    url: str
    password: SecretRef | None = None
    via: str | None = None
    dbsync_host: str = ""
    dbsync_timeout_s: float = Field(default=3600, gt=0)
    backup: Backup


class MessageBus(Strict):
    """RabbitMQ, seen through its management API."""

    management_url: str
    user: str
    password: SecretRef
    vhost: str = "/"
    via: str | None = None


class Coordination(Strict):
    """The coordination backend of the agents (tooz URL, without a password)."""

    url: str
    password: SecretRef | None = None
    via: str | None = None


class Telemetry(Strict):
    """Where stored samples are read to prove that telemetry flows.

    `url` is the API's root, `token` what it wants as X-Auth-Token; both for `ceilometer-api`.
    `path` is for `file`: what a `file://` publisher names, on every notification host.
    """

    source: Literal["database", "ceilometer-api", "file"] = "database"
    url: str = ""
    path: HostPath = ""
    token: SecretRef | None = None
    via: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Telemetry:
        if self.source == "ceilometer-api" and not self.url:
            raise ValueError("source ceilometer-api needs url, the API's root")
        if (self.source == "file") != bool(self.path):
            msg = "path belongs to source file, and source file needs it: its publisher's file"
            raise ValueError(msg)
        return self


class GnocchiApi(Strict):
    """Gnocchi's API, where samples go there. `url` is its root.

    Its version is told to everyone; its backlog to an administrator: `user`, with a password where
    it wants one, for auth_mode basic, or `token`, sent as X-Auth-Token, for keystone.
    """

    url: str
    user: str = ""
    password: SecretRef | None = None
    token: SecretRef | None = None
    via: str | None = None

    @model_validator(mode="after")
    def _one_login(self) -> GnocchiApi:
        if self.token is not None and self.user:
            raise ValueError("give user (auth_mode basic) or token (keystone), not both")
        if self.password is not None and not self.user:
            raise ValueError("password belongs to user, and none is given")
        return self


class Limits(Strict):
    """What counts as low activity before dbsync (per second); empty: the recorded median."""

    publish_rate: float | None = None
    insert_rate: float | None = None


class Gates(Strict):
    """How patient gates are: `margin_s` is what they wait beyond what the release needs."""

    margin_s: float = Field(default=30, ge=0)


class Config(Strict):
    """Where the hosts' Ceilometer configuration stands ({root})."""

    main: HostPath = "{root}/etc/ceilometer/ceilometer.conf"


class Inventory(Strict):
    """One cloud, whole and consistent: every name that refers to a host names one."""

    cloud: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    ssh: Ssh = Ssh()
    hosts: tuple[Host, ...] = Field(min_length=1)
    install: Install = Install()
    services: Services = Services()
    config: Config = Config()
    wsgi: Wsgi | None = None
    database: Database | None = None
    store: Literal["ceilometer", "gnocchi", "other"] = "ceilometer"
    gnocchi: GnocchiApi | None = None
    message_bus: MessageBus
    coordination: Coordination | None = None
    telemetry: Telemetry = Telemetry()
    ledger: str = Field(
        description="SQLAlchemy URL of the ledger: every controller of this cloud shares it"
    )
    ledger_password: SecretRef | None = None
    limits: Limits = Limits()
    gates: Gates = Gates()
    windows: tuple[Window, ...] = ()
    notify: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")], ...] = ()

    def host(self, name: str) -> Host:
        """The host of that name. Raises KeyError when there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def with_role(self, component: Component) -> tuple[tuple[Host, Role], ...]:
        """Every (host, role) of that component, in the inventory's order."""
        return tuple(
            (host, role)
            for host in self.hosts
            for role in host.roles
            if role.component is component
        )

    def path(self, template: str, host: Host, **values: str) -> str:
        """A path on that host: {root} and the given values filled in."""
        return template.format(root=host.root, address=host.address, **values)
