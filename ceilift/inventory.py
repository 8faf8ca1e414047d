"""The operator's description of a cloud, as data; `inventory_file` reads and checks it."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ceilift.component import Component

UNITS = {
    Component.COLLECTOR: "ceilometer-collector",
    Component.NOTIFICATION: "ceilometer-agent-notification",
    Component.POLLING: "ceilometer-polling",
    Component.API: "ceilometer-api",
}
NAMESPACES = ("central", "compute", "ipmi")
SHORT_ROLES = ("collector", "notification", "api", *(f"polling-{name}" for name in NAMESPACES))
BESIDE_SUFFIX = "-ceilift"  # of a unit that runs a new release beside the old one
DRAIN_SUFFIX = "-drain-ceilift"  # of one that reads what is left in the queues of pipes that go


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _template(*known: str) -> AfterValidator:
    """Refuses a place holder that nothing fills in, and braces that do not match."""

    def check(text: str) -> str:
        try:
            names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise ValueError(f"{text!r} cannot be filled in: {error}") from None
        if strange := sorted(names - set(known)):
            shown = ", ".join(f"{{{name}}}" for name in known)
            raise ValueError(f"{{{strange[0]}}} is no place holder here: use {shown}")
        return text

    return AfterValidator(check)


HostPath = Annotated[str, _template("root")]


class SecretRef(_Strict):
    """Where a secret is found; never the secret itself. Exactly one of the fields."""

    env: str | None = Field(default=None, description="name of an environment variable")
    file: str | None = Field(default=None, description="a file whose first line is the secret")
    block: str | None = Field(default=None, description="name of a Prefect Secret block")

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretRef:
        if sum(value is not None for value in (self.env, self.file, self.block)) != 1:
            msg = "give exactly one of env, file, block"
            raise ValueError(msg)
        return self


class Become(_Strict):
    """How to act as root: sudo, with a password by reference when it asks for one."""

    method: Literal["sudo"] = "sudo"
    password: SecretRef | None = None


class Ssh(_Strict):
    """How a host is logged in to. A host's own values override the cloud's."""

    user: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    key_file: str | None = None
    known_hosts: str | None = None
    proxy_jump: str | None = Field(
        default=None, description="name of another host of this inventory"
    )
    become: Become | None = None
    connect_timeout_s: float | None = Field(default=None, gt=0)


class Role(_Strict):
    """One component that is to run on a host, under a unit of that host's process manager."""

    component: Component
    namespaces: tuple[Literal["central", "compute", "ipmi"], ...] = ()
    unit: str = ""
    config: str = Field(default="", description="its ceilometer.conf; empty: the cloud's")

    @model_validator(mode="after")
    def _complete(self) -> Role:
        if self.component is Component.DATABASE:
            msg = "the database is described under `database`, it is no role of a host"
            raise ValueError(msg)
        if (self.component is Component.POLLING) != bool(self.namespaces):
            msg = "namespaces belong to polling, and polling needs at least one"
            raise ValueError(msg)
        return self

    @property
    def unit_name(self) -> str:
        """The unit's name: as given, else the usual one of its component."""
        return self.unit or UNITS[self.component]


def _expand_role(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in SHORT_ROLES:
        known = ", ".join(SHORT_ROLES)
        raise ValueError(f"unknown role {value!r}: use one of {known}, or a mapping with component")
    component, _, namespace = value.partition("-")
    return {"component": component, "namespaces": (namespace,) if namespace else ()}


class Host(_Strict):
    """One host and the components that are to run on it.

    `root` is for test hosts that share one machine: paths begin there, and only processes whose
    working directory lies below it belong to the host. Empty on every real host.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")
    address: str = Field(min_length=1)
    ssh: Ssh = Ssh()
    root: str = ""
    roles: tuple[Annotated[Role, BeforeValidator(_expand_role)], ...] = ()


class Install(_Strict):
    """Where releases are installed. `path` holds {root} and {release}."""

    backend: Literal["venv"] = "venv"
    path: Annotated[str, _template("root", "release")] = "{root}/opt/ceilometer/{release}"


class Services(_Strict):
    """The process manager of the hosts and where its unit definitions stand ({root}, {unit})."""

    backend: Literal["supervisor", "systemd"] = "systemd"
    definition: Annotated[str, _template("root", "unit")] = ""
    stop_timeout_s: float = Field(default=90, gt=0)


class Wsgi(_Strict):
    """The API under a web server: the file that names the release, and how it is reloaded.

    `config` holds the path of the release (python-home); `reload` is the graceful reload, a
    command of the host, and empty where the server sees by itself that the file changed (mod_wsgi
    in daemon mode, with the release named in the WSGI script: then no request fails); `script` is
    the WSGI file; `url` answers with one of the API's hosts' addresses ({address}).
    """

    config: HostPath
    script: HostPath
    reload: tuple[str, ...]
    url: Annotated[str, _template("address", "root")] = "http://{address}:8777/v2/meters?limit=1"


class Backup(_Strict):
    """Where and how the database is saved before dbsync."""

    policy: Literal["dump", "external"] = "dump"
    host: str = ""
    folder: str = ""
    snapshot: str = Field(
        default="", description="policy external: the snapshot's name, unproven by us"
    )

    @model_validator(mode="after")
    def _complete(self) -> Backup:
        if self.policy == "dump" and not (self.host and self.folder):
            msg = "policy dump needs host and folder"
            raise ValueError(msg)
        if self.policy == "external" and not self.snapshot:
            msg = "policy external needs the snapshot's name"
            raise ValueError(msg)
        return self


class Database(_Strict):
    """The Ceilometer database. `url` is SQLAlchemy's, without a password."""

    url: str
    password: SecretRef | None = None
    via: str | None = None
    dbsync_host: str = ""
    dbsync_timeout_s: float = Field(default=3600, gt=0)
    backup: Backup


class MessageBus(_Strict):
    """RabbitMQ, seen through its management API."""

    management_url: str
    user: str
    password: SecretRef
    vhost: str = "/"
    via: str | None = None


class Coordination(_Strict):
    """The coordination backend of the agents (tooz URL, without a password)."""

    url: str
    password: SecretRef | None = None
    via: str | None = None


class Telemetry(_Strict):
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


class Limits(_Strict):
    """What counts as low activity before dbsync (per second); empty: the recorded median."""

    publish_rate: float | None = None
    insert_rate: float | None = None


class Gates(_Strict):
    """How patient gates are: `margin_s` is what they wait beyond what the release needs."""

    margin_s: float = Field(default=30, ge=0)


class Config(_Strict):
    """Where the hosts' Ceilometer configuration stands ({root})."""

    main: HostPath = "{root}/etc/ceilometer/ceilometer.conf"


class Inventory(_Strict):
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
    message_bus: MessageBus
    coordination: Coordination | None = None
    telemetry: Telemetry = Telemetry()
    ledger: str = Field(
        description="SQLAlchemy URL of the ledger: every controller of this cloud shares it"
    )
    ledger_password: SecretRef | None = None
    limits: Limits = Limits()
    gates: Gates = Gates()

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


def host_unit(unit: str) -> str:
    """The host's own unit that one of Ceilift's stands beside; else the same name."""
    return unit.removesuffix(DRAIN_SUFFIX).removesuffix(BESIDE_SUFFIX)
