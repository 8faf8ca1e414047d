"""A host that is a folder of this machine: the look's script runs on it in a real sh."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ceilift.inventory import Inventory
from ceilift.probe import _arguments
from ceilift.probe.records import Records, parse
from ceilift.probe.script import END, PROBE
from tests import clouds


class Machine:
    """A root folder, and programs in front of the machine's own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.programs = folder / "bin"
        for place in (self.root, self.programs):
            place.mkdir()

    def file(self, name: str, text: str) -> None:
        place = self.root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def described(self, **services: str) -> Inventory:
        made = clouds.inventory({"ctl1": ["collector"]}, services=services)
        host = made.hosts[0].model_copy(update={"root": str(self.root)})
        return made.model_copy(update={"hosts": (host,)})

    def look(self, described: Inventory, rest: str = END) -> Records:
        done = subprocess.run(
            ["sh", "-s", "--", *_arguments(described, described.hosts[0], ("8.1.5",))],
            input=PROBE + rest,
            env={"PATH": f"{self.programs}:/usr/sbin:/usr/bin:/sbin:/bin"},
            text=True,
            capture_output=True,
            check=True,
        )
        assert done.stderr == ""
        return parse(done.stdout)
