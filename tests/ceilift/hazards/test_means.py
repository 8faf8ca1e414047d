"""What hosts have for a release: Python, packages, room, memory."""

from __future__ import annotations

from dataclasses import replace

from ceilift.host_files import HostMeans, IndexSeen
from tests.cases import not_told, told
from tests.clouds import Field
from tests.crossing import going
from tests.troubled import BLOCKER, WARNING, Cloud, Fires, Silent, quiet

MB = 1024 * 1024


def having(cloud: Cloud, *, installed: bool = False, **means: Field) -> Cloud:
    for host in cloud.inventory.hosts:
        there = (cloud.request.to,) if installed else ()
        cloud = cloud.host(host.name, installed=there, means=HostMeans(**means))
    return cloud


def surging(free_mb: int) -> Cloud:
    made = quiet().asked(path="partial", to="9.0.7")
    return having(made, installed=True, memory_available_bytes=free_mb * MB)


AWAY = IndexSeen(answers=False, hosts=("pypi.example.net",), problem="it refuses the connection")


def indexed(seen: IndexSeen | None, *, listed: str = "{release}.txt", there: bool = False) -> Cloud:
    """A cloud whose releases are installed by us, from a list, unless there is none."""
    cloud = having(going("26.0.0", "27.0.0"), installed=there, index=seen)
    install = cloud.inventory.install.model_copy(update={"requirements": listed})
    return replace(cloud, inventory=cloud.inventory.model_copy(update={"install": install}))


FIRES: Fires = {
    "a package index that is away": (
        lambda: indexed(AWAY),
        "package-index",
        BLOCKER,
        "ctl1, ctl2",
    ),
    "a package index that is away from one host": (
        lambda: indexed(AWAY).host("ctl2", means=HostMeans(index=IndexSeen(answers=True))),
        "package-index",
        BLOCKER,
        "ctl1",
    ),
    "an older Python": (
        lambda: having(going("26.0.0", "27.0.0"), python="3.10"),
        "python-unfit",
        WARNING,
        "ctl1, ctl2",
    ),
    "a Python without venv": (
        lambda: having(going("26.0.0", "27.0.0"), python="3.11", venv=False),
        "venv-missing",
        WARNING,
        "ctl1, ctl2",
    ),
    "too little room": (
        lambda: having(going("26.0.0", "27.0.0"), install_free_bytes=499 * MB),
        "install-space",
        WARNING,
        "ctl1, ctl2",
    ),
    "too little memory for both": (
        lambda: surging(171),
        "memory-short",
        WARNING,
        "ctl1, ctl2, pol1",
    ),
}
SILENT: Silent = {
    "a Python that runs it": (
        lambda: having(going("26.0.0", "27.0.0"), python="3.11"),
        "python-unfit",
    ),
    "installed already, with whatever Python": (
        lambda: having(going("26.0.0", "27.0.0"), installed=True, python="3.10"),
        "python-unfit",
    ),
    "a release that names no oldest Python": (
        lambda: having(going("8.1.5", "9.0.7"), python="3.11"),
        "python-unfit",
    ),
    "a Python that could not be told": (lambda: having(going("26.0.0", "27.0.0")), "python-unfit"),
    "a Python with venv": (
        lambda: having(going("26.0.0", "27.0.0"), python="3.11", venv=True),
        "venv-missing",
    ),
    "nobody asked for venv": (lambda: having(going("26.0.0", "27.0.0")), "venv-missing"),
    "no environment is to be made": (
        lambda: having(going("26.0.0", "27.0.0"), installed=True, venv=False),
        "venv-missing",
    ),
    "enough room": (
        lambda: having(going("26.0.0", "27.0.0"), install_free_bytes=500 * MB),
        "install-space",
    ),
    "room is needed no more": (
        lambda: having(going("26.0.0", "27.0.0"), installed=True, install_free_bytes=0),
        "install-space",
    ),
    "a package index that answers": (
        lambda: indexed(IndexSeen(answers=True)),
        "package-index",
    ),
    "nobody asked for the index": (lambda: indexed(None), "package-index"),
    "installed already, and no index": (lambda: indexed(AWAY, there=True), "package-index"),
    "installed by others": (lambda: indexed(AWAY, listed=""), "package-index"),
    "memory for one more at a time": (lambda: surging(172), "memory-short"),
    "nothing runs beside": (lambda: surging(10).asked(path="full"), "memory-short"),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_the_python_that_is_wanted_is_named() -> None:
    (finding,) = having(going("26.0.0", "27.0.0"), python="3.10").found("python-unfit")

    assert "python3 is Python 3.10, and 27.0.0 needs >=3.11" in finding.what


def test_the_index_and_what_is_wrong_with_it_are_named() -> None:
    (finding,) = indexed(AWAY).found("package-index")

    assert "on pypi.example.net: it refuses the connection" in finding.what
