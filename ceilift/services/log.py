"""What an agent's own log says last: evidence for an operator, read and never written."""

from __future__ import annotations

from ceilift.errors import CeiliftError
from ceilift.inventory import Inventory
from ceilift.remote.shell import Shell
from ceilift.scrub import scrubbed

LONGEST = 300
TIMEOUT_S = 15.0
LAST_ERROR = r"""
definition=$1 unit=$2 main=$3 script=$4
option() { sed -n "s/^ *$1 *= *//p" "$main" 2>/dev/null | tail -n 1; }
log=$({ cat "$definition" || systemctl cat "$unit"; } 2>/dev/null |
  sed -n 's/^[^#;]*--log-file[ =]\{1,\}\([^ "]\{1,\}\).*/\1/p' | tail -n 1)
[ -n "$log" ] || log=$(option log_file)
case $log in
  "") folder=$(option log_dir); [ -z "$folder" ] || log=$folder/$script.log ;;
  /*) ;;
  *) log=$(option log_dir)/$log ;;
esac
bad() {
  grep -aE '(^|[ :])(ERROR|CRITICAL)[ :]' |
    grep -avE '(ERROR|CRITICAL) [^ ]+ *(\(Background on this error.*)?$' | tail -n 1
}
if [ -n "$log" ] && [ -f "$log" ]; then
  printf '%s\n' "$log on $5"
  tail -n 2000 "$log" | bad
elif command -v journalctl >/dev/null; then
  printf '%s\n' "journalctl -u $unit on $5"
  journalctl -u "$unit" -n 2000 --no-pager -o cat 2>/dev/null | bad
fi
exit 0
"""


def last_error(shell: Shell, inventory: Inventory, unit: str, script: str) -> str:
    """Where the unit's log is and the last error line in it, scrubbed; empty when not to be had.

    `script` is the agent's program, after which oslo.log names the file in `log_dir`. Nothing is
    changed, and a host that does not answer is no further failure.
    """
    host = inventory.host(shell.host)
    definition = inventory.path(inventory.services.definition, host, unit=unit)
    main = inventory.path(inventory.config.main, host)
    args = (definition, unit, main, script, host.name)
    try:
        said = shell.run(LAST_ERROR, *args, timeout_s=TIMEOUT_S).stdout.splitlines()
    except CeiliftError:
        return ""
    return _words(said)


def _words(said: list[str]) -> str:
    if not said:
        return ""
    place, line = said[0], scrubbed(" ".join(said[1:]).strip())
    if not line:
        return f"look at {place} (no error in its last lines)"
    shown = line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
    return f"look at {place}; its last error: {shown}"
