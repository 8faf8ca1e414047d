"""The part of the look that is for a plan alone: the operator's own files, and room for a release.

It follows the other part in the same script, and uses its functions. Of configuration files that
the other part has not read, only the names of options leave the host; definitions of events,
meters and Gnocchi's resources leave it whole, and of them is kept what they name.
"""

from __future__ import annotations

FILES = r"""
python=$8; install=$9
conf=$(dirname "$main")
for file in "$conf"/ceilometer-*.conf "$conf"/ceilometer*.conf.d/*.conf; do
  [ -r "$file" ] && say names "$file" "$(sed -n \
    -e 's/^\(\[[^]]*\]\).*/\1/p' \
    -e 's/^\([A-Za-z_][A-Za-z0-9_.-]*\)[[:space:]]*[=:].*/\1 =/p' "$file" | base64 -w0)"
done
for name in event_definitions.yaml gnocchi_resources.yaml meters.yaml meters.d/meters.yaml \
    snmp.yaml api_paste.ini rootwrap.conf rootwrap.d/ipmi.filters; do
  file=$conf/$name
  [ -r "$file" ] && say digest "$file" "$(sha256sum <"$file" | cut -c1-64)"
  case $name in event_definitions.yaml | gnocchi_resources.yaml | *meters.yaml) put "$file" ;; esac
done

# Who the agents are here: a file that root can read may be closed to them.
for entry in $(grep -laE 'ceilometer-' /proc/[0-9]*/cmdline 2>/dev/null); do
  pid=${entry#/proc/}; pid=${pid%/cmdline}
  case "$(readlink "/proc/$pid/cwd" 2>/dev/null)/" in "$root"/*) ;; *) continue ;; esac
  case $(stat -c %u "/proc/$pid" 2>/dev/null) in 0 | '') ;; *) agent=$pid; break ;; esac
done
# closed FILE: whether it cannot be read, by us or by the agents.
closed() {
  [ -r "$1" ] || return 0
  [ -n "${agent:-}" ] && [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null || return 1
  setpriv --reuid="$(stat -c %u "/proc/$agent")" --regid="$(stat -c %g "/proc/$agent")" \
    --init-groups test -r "$1" 2>/dev/null
  [ $? = 1 ]
}
# told OPTION PATH: what is there.
told() {
  if [ ! -e "$2" ]; then say named "$1" "$2" missing ''
  elif closed "$2"; then say named "$1" "$2" closed ''
  elif [ -f "$2" ]; then
    say named "$1" "$2" file "$(sha256sum <"$2" | cut -c1-64)"
    case $1 in definitions_cfg_file | resources_* | meter_definitions_*) put "$2" ;; esac
  else
    say named "$1" "$2" folder ''
    for inside in "$2"/*.yaml; do [ -e "$inside" ] && told "$1" "$inside"; done
  fi
}
# found CONFIG NAME: where agents find that file, as oslo.config looks for it; else its bare name.
found() {
  case $2 in /*) echo "$2"; return ;; esac
  for folder in "$(dirname "$1")" "$root/etc/ceilometer"; do
    [ -e "$folder/$2" ] && { echo "$folder/$2"; return; }
  done
  echo "$2"
}
files='(event_)?pipeline_cfg_file|definitions_cfg_file|meter_definitions_(cfg_)?file'
files="$files|meter_definitions_dirs|pollsters_definitions_dirs|resources_definition_file"
files="$files|rootwrap_config|api_paste_config"
for config in "$main" $definitions "$conf"/ceilometer-*.conf "$conf"/ceilometer*.conf.d/*.conf; do
  [ -r "$config" ] && grep -q '^\[' "$config" || continue
  sed -nE "s/^($files)[[:space:]]*[=:][[:space:]]*([^[:space:]].*)\$/\1 \4/p" "$config" |
    while read -r option name; do told "$option" "$(found "$config" "$name")"; done
done
grep -qs '^meter_definitions_dirs' "$main" ||
  for file in "$conf"/meters.d/*.yaml; do
    case $file in */meters.yaml | *'*.yaml') ;; *) told meter_definitions_dirs "$file" ;; esac
  done
for pipes in "$conf"/pipeline.yaml "$conf"/event_pipeline.yaml; do
  [ -r "$pipes" ] && grep -oE "resources_definition_file=[^&\"' ]+" "$pipes" | sort -u |
    while IFS== read -r option name; do told "$option" "$(found "$main" "$name")"; done
done

# called FILE: the programs of Ceilometer in lines that are run.
called() {
  lines='^[[:space:]]*[^#;[:space:]]'
  case $1 in *.service) lines='^Exec' ;; esac
  grep -E "$lines" "$1" | grep -oE '(^|[^A-Za-z0-9_.-])ceilometer-[a-z-]+($|[^A-Za-z0-9_.-])' |
    sed 's/.*\(ceilometer-[a-z-]*\).*/\1/' | sort -u
}
etc=$root/etc; tables=$root/var/spool/cron
unmerged=$root/lib/systemd/system
[ -L "$root/lib" ] && unmerged=/dev/null
grep -lsE 'ceilometer-[a-z]' "$etc"/crontab "$etc"/cron.*/* "$tables"/* "$tables"/crontabs/* \
  "$etc"/systemd/system/*.service "$root"/usr/lib/systemd/system/*.service "$unmerged"/*.service |
  while IFS= read -r file; do
    called "$file" | while read -r program; do say call "$file" "$program"; done
  done

say python "$(readlink -f "$(command -v "$python")")"
command -v "$python" >/dev/null &&
  say venv "$("$python" -I -c 'import ensurepip, venv' 2>/dev/null && echo yes || echo no)"
while [ ! -d "$install" ]; do install=$(dirname "$install"); done
say room "$(df -Pk "$install" | awk 'NR==2 {print $4}')"
say memory "$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
exit 0
"""
