"""What must not be done twice, although nobody may have seen its end: its host remembers it."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = """\
if [ "$(id -u)" = 0 ]; then record="$1/var/lib/ceilift/$2"; else record="$HOME/.ceilift/$2"; fi
key=$3
shift 3
mask=$(umask)
umask 077
mkdir -p "$(dirname "$record")" || exit 1
exec 8>"$record.lock" || exit 1
flock 8 || exit 1
if [ "$(head -n 1 "$record" 2>/dev/null)" = "$key" ]; then
  tail -n +2 "$record"
  exit 0
fi
ceilift_once() (
umask "$mask"
"""
TAIL = """\
)
printf '%s\\n' "$key" >"$record.new" || { echo "$record.new cannot be written" >&2; exit 1; }
ceilift_once "$@" >>"$record.new"
status=$?
if [ "$status" = 0 ]; then
  sync "$record.new" && mv -f "$record.new" "$record" || exit 1
  tail -n +2 "$record"
else
  tail -n +2 "$record.new"
  rm -f "$record.new"
fi
exit "$status"
"""


@dataclass(frozen=True, slots=True)
class Once:
    """An act that succeeds once for each `key`, on a host whose files begin at `root`.

    `name` is the file in which the host keeps the key and what the act printed. With the same key
    the script is not run again: it prints that once more. One that still runs, begun by a
    controller that is dead by now, is waited for. One that failed may be tried again. A host that
    could not remember it (a full disk) does not begin it.
    """

    root: str
    name: str
    key: str

    def script(self, script: str) -> str:
        """The script with the memory around it; it wants `args` before its own arguments."""
        return HEAD + script + TAIL

    @property
    def args(self) -> tuple[str, str, str]:
        """What the script is given before its own arguments."""
        return (self.root, self.name, self.key)
