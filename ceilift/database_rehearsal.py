"""The scripts that run a migration: on production, and before that on its copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

# $1: seconds it may take, $2: the hosts' configuration.
DBSYNC = """\
set -u
timeout --kill-after=30 "$1" {command} --config-file "$2" </dev/null 2>&1
"""
REHEARSE = """\
# the same migration, its configuration completed by one that names the scratch database
set -u
umask 077
secret=$(mktemp) || exit 1
trap 'rm -f "$secret"' EXIT
trap 'exit 1' HUP INT TERM
given=$(awk '/^[ \\t]*\\[/ {{ on = ($0 ~ /^[ \\t]*\\[database\\]/) }}
  on && /^[ \\t]*connection[ \\t]*=/ {{ sub(/^[^=]*=[ \\t]*/, ""); print }}' "$2" | tail -n 1)
kind=$(printf '%s' "$given" | sed -n 's/^\\({backends}\\)\\(+[a-z0-9]*\\)\\{{0,1\\}}:.*/\\1\\2/p')
query=$(printf '%s' "$given" | sed -n 's/^[^?]*\\(?.*\\)$/\\1/p')
place=$(cat <<'CEILIFT_END'
{place}
CEILIFT_END
)
url="${{kind:-{kind}}}://$place${{query:-{query}}}"
{{
  echo '[database]'
  for option in connection metering_connection event_connection alarm_connection; do
    printf '%s = %s\\n' "$option" "$url"
  done
}} >"$secret"
unset OS_DATABASE__CONNECTION OS_DATABASE__METERING_CONNECTION
timeout --kill-after=30 "$1" {command} --config-file "$2" --config-file "$secret" </dev/null 2>&1
"""
BACKENDS = {"mysql": r"mysql\|mariadb", "mariadb": r"mysql\|mariadb", "postgresql": "postgresql"}


@dataclass(frozen=True, slots=True)
class RehearsalTarget:
    """The copy that is migrated. `url` is SQLAlchemy's, without a password."""

    url: str
    password: str | None = field(repr=False)


def rehearsal_script(target: RehearsalTarget, command: str) -> str:
    """A sh script; its arguments: seconds it may take, and the hosts' configuration file.

    `command` is the migration, quoted for sh. It reads that file and then one more, which names the
    copy with the driver and the options that the file gives for production: the later file wins
    (oslo.config). That one has mode 0600 and goes with the script, which holds the password and
    travels on standard input.
    """
    parts = urlsplit(target.url)
    backend = parts.scheme.partition("+")[0]
    kind = parts.scheme if backend != "postgresql" else backend  # psycopg 3 is ours, not theirs
    return REHEARSE.format(
        backends=BACKENDS[backend],
        kind=kind,
        place=_place(target),
        query=f"?{parts.query}" if parts.query else "",
        command=command,
    )


def _place(target: RehearsalTarget) -> str:
    parts = urlsplit(target.url)
    server = parts.netloc.rpartition("@")[2]
    login = parts.username or ""
    if target.password is not None:
        login += f":{quote(target.password, safe='')}"
    return f"{login}@{server}{parts.path}" if login else f"{server}{parts.path}"
