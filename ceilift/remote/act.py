"""The one way to a command that changes something: announced, fenced, and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ceilift.errors import RefusedError
from ceilift.inventory import Inventory
from ceilift.remote.shell import Result, Shell
from ceilift.scrub import scrubbed

FENCED = 97
FENCE = """\
ceilift_fence() (
  umask 077
  if [ "$(id -u)" = 0 ]; then folder="$1/var/lib/ceilift"; else folder="$HOME/.ceilift"; fi
  mkdir -p "$folder" || exit 1
  exec 9>"$folder/$2.lock" || exit 1
  flock 9 || exit 1
  held=$(cat "$folder/$2.token" 2>/dev/null)
  case $held in "" | *[!0-9]*) held=0 ;; esac # none yet, or lost with the host's power
  [ "$held" -le "$3" ] || { echo "token $held was seen here, ours is $3" >&2; exit 97; }
  [ "$held" -eq "$3" ] && exit 0
  printf '%s\\n' "$3" >"$folder/.$2.new" && sync "$folder/.$2.new" &&
    mv "$folder/.$2.new" "$folder/$2.token" && sync "$folder"
)
ceilift_fence "$1" "$2" "$3" || exit $?
shift 3
"""


class Journal(Protocol):
    """Where intents and outcomes are written: the ledger, or a recorder."""

    def intend(self, node: str, host: str, summary: str) -> int:
        """Write down what is about to be done; raises RefusedError when it must not be."""
        ...

    def outcome(self, intent_id: int, status: str, detail: str) -> None:
        """Write down how it ended."""
        ...


@dataclass
class Recorder:
    """A journal that only remembers: for dry runs and tests."""

    intents: list[tuple[str, str, str]] = field(default_factory=list)
    outcomes: list[tuple[int, str, str]] = field(default_factory=list)

    def intend(self, node: str, host: str, summary: str) -> int:
        """Remember the intent."""
        self.intents.append((node, host, summary))
        return len(self.intents)

    def outcome(self, intent_id: int, status: str, detail: str) -> None:
        """Remember the outcome."""
        self.outcomes.append((intent_id, status, detail))


class Actor:
    """Carries out mutating commands under one lease, or in a dry run only says what it would do."""

    def __init__(
        self, inventory: Inventory, journal: Journal, token: int, *, dry: bool = False
    ) -> None:
        self._inventory = inventory
        self._journal = journal
        self._token = token
        self.dry = dry

    def act(
        self,
        shell: Shell,
        node: str,
        summary: str,
        script: str,
        *args: str,
        timeout_s: float = 60.0,
    ) -> Result:
        """Run a script that changes something on a host.

        The intent is written first and the outcome after; when neither success nor failure is
        known (the connection broke), the intent stays without outcome: unknown, to be probed.
        The script runs only if the host has seen no newer lease of this cloud; otherwise
        RefusedError. A dry run sends nothing and gives an empty, successful result.
        """
        intent = self._journal.intend(node, shell.host, summary)
        if self.dry:
            self._journal.outcome(intent, "dry", "")
            return Result(0, "", "", 0.0)
        root = self._inventory.host(shell.host).root
        fence = (root, self._inventory.cloud, str(self._token))
        result = shell.run(FENCE + script, *fence, *args, timeout_s=timeout_s)
        if result.code == FENCED:
            self._journal.outcome(intent, "refused", result.stderr.strip())
            raise RefusedError(
                f"{shell.host}: a newer run acts on this cloud: {result.stderr.strip()}"
            )
        status = "done" if result.ok else "failed"
        self._journal.outcome(intent, status, scrubbed(result.stderr.strip()[-500:]))
        return result
