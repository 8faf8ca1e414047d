"""Hosts as the operator describes them: how they are logged in to, and what is to run there."""

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


class Strict(BaseModel):
    """A part of an inventory: unknown fields are refused, nothing changes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def template(*known: str) -> AfterValidator:
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


HostPath = Annotated[str, template("root")]


class SecretRef(Strict):
    """Where a secret is found; never the secret itself. Exactly one of the fields."""

    env: str | None = Field(default=None, description="name of an environment variable")
    file: str | None = Field(default=None, description="a file whose first line is the secret")
    block: str | None = Field(
        default=None,
        description="a Prefect block: the name of a Secret, or TYPE/NAME of one of Ceilift's",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretRef:
        if sum(value is not None for value in (self.env, self.file, self.block)) != 1:
            msg = "give exactly one of env, file, block"
            raise ValueError(msg)
        return self


class Become(Strict):
    """How to act as root: sudo, with a password by reference when it asks for one."""

    method: Literal["sudo"] = "sudo"
    password: SecretRef | None = None


class Ssh(Strict):
    """How a host is logged in to. A host's own values override the cloud's."""

    user: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    key_file: str | None = None
    key: SecretRef | None = Field(
        default=None, description="the private key's text, in place of key_file: a block, or env"
    )
    known_hosts: str | None = None
    proxy_jump: str | None = Field(
        default=None, description="name of another host of this inventory"
    )
    become: Become | None = None
    connect_timeout_s: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_key(self) -> Ssh:
        if self.key is not None and (self.key_file or self.key.file):
            raise ValueError("give key_file (a path) or key (a block, or env), not both")
        return self


class Role(Strict):
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


class Host(Strict):
    """One host and the components that are to run on it.

    `root` is for test hosts that share one machine: paths begin there, and only processes whose
    working directory lies below it belong to the host. Empty on every real host.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")
    address: str = Field(min_length=1)
    ssh: Ssh = Ssh()
    root: str = ""
    roles: tuple[Annotated[Role, BeforeValidator(_expand_role)], ...] = ()


def host_unit(unit: str) -> str:
    """The host's own unit that one of Ceilift's stands beside; else the same name."""
    return unit.removesuffix(DRAIN_SUFFIX).removesuffix(BESIDE_SUFFIX)
