"""The one script that looks at a host: POSIX sh, read-only, one round trip.

It prints records of tab-separated fields, the first naming the kind; file contents are base64.
"""

from __future__ import annotations

PROBE = r"""
root=$1; releases=$2; definitions=$3; main=$4; site=$5; backup=$6; manager=$7
tab=$(printf '\t')
say() { printf '%s' "$1"; shift; for field; do printf '\t%s' "$field"; done; echo; }
put() { [ -r "$1" ] && say file "$1" "$(base64 -w0 <"$1")" "$(stat -L -c %Y "$1")"; }

read -r up _ </proc/uptime
say clock "$(date +%s.%N)" "$up"

# Where /lib is one with /usr/lib its units are seen there. On the oldest hosts it is a folder.
found=
for definition in $definitions; do
  case $definition in "$root"/lib/*) [ -L "$root/lib" ] && continue ;; esac
  case " $found " in *" $definition "*) continue ;; esac
  if [ -e "$definition" ] || [ -L "$definition" ]; then found="$found $definition"; fi
done
definitions=$found
say boot "$(sed -n 's/^btime //p' /proc/stat)" "$(getconf CLK_TCK)"

for link in $releases; do
  for meta in "$link"/lib/python3*/site-packages/ceilometer-*-info; do
    [ -d "$meta" ] && [ -x "$link/bin/python" ] && say installed "$link" "${meta##*/}"
  done
done
for tool in mysqldump mariadb-dump pg_dump; do
  command -v "$tool" >/dev/null && say tool "$tool"
done
if [ -n "$backup" ]; then
  folder=$backup
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  say free "$(df -Pk "$folder" | awk 'NR==2 {print $4}')"
fi

for entry in $(grep -laE 'ceilometer-|wsgi:[^)]*ceilometer' /proc/[0-9]*/cmdline 2>/dev/null); do
  pid=${entry#/proc/}; pid=${pid%/cmdline}
  [ "$pid" = $$ ] && continue
  cwd=$(readlink "/proc/$pid/cwd" 2>/dev/null) || continue
  case "$cwd/" in "$root"/*) ;; *) continue ;; esac
  title=$(tr '\0\t\n' '   ' <"/proc/$pid/cmdline" 2>/dev/null) || continue
  stat=$(sed 's/^.*) //' "/proc/$pid/stat" 2>/dev/null) || continue
  loaded=$(sed -n 's|^[^/]*\(/.*/site-packages\)/.*|\1|p' "/proc/$pid/maps" 2>/dev/null |
    sort | uniq -c | sort -rn | sed -n '1s/^ *[0-9]* //p')
  say process "$pid" "$stat" "$loaded" "$title"
  if [ -n "$loaded" ]; then
    for meta in "$loaded"/ceilometer-*-info; do
      [ -d "$meta" ] && say loaded "$loaded" "${meta##*/}" "$(stat -c %Z "$meta")"
    done
  fi
done

# ticks UNIT DEFINITION: when it polled lately, by the lines of its own log that say so. Of a unit
# beside another the last command counts: systemd's begins with what the other one's files say.
ticks() {
  log=$(sed -n 's/^[^#;]*--log-file[ =]\{1,\}\([^ "]\{1,\}\).*/\1/p' "$2" | tail -n 1)
  if [ -z "$log" ]; then
    folder=$(sed -n 's/^ *log_dir *= *//p' "$main" 2>/dev/null | tail -n 1)
    [ -z "$folder" ] || log=$folder/ceilometer-polling.log
  fi
  if [ -n "$log" ] && [ -f "$log" ]; then
    tail -c 60000 "$log" | grep -a ' Polling pollster ' | cut -c1-23 | tail -n 40
  elif [ "$manager" = systemd ]; then
    journalctl -u "$1" -n 400 --no-pager -o short-unix 2>/dev/null |
      grep -a ' Polling pollster ' | cut -d' ' -f1 | tail -n 40
  fi
}

for definition in $definitions; do
  [ -f "$definition" ] && grep -q ceilometer "$definition" && put "$definition"
  if [ -f "$definition" ] && grep -q ceilometer-polling "$definition"; then
    unit=${definition##*/}
    say ticks "$definition" "$(date +%z)" "$(ticks "${unit%.*}" "$definition" | tr '\n' ',')"
  fi
done
case $manager in
  supervisor)
    supervisorctl status 2>/dev/null |
      while read -r name state rest; do say unit "$name" "$state" "$rest"; done ;;
  systemd)
    for definition in $definitions; do
      [ -f "$definition" ] || [ -L "$definition" ] || continue
      unit=${definition##*/}
      systemctl show "$unit" --no-pager -p MainPID -p LoadState -p ActiveState \
        -p ExecStart -p Environment -p DropInPaths |
        while IFS= read -r line; do say show "${unit%.service}" "$line"; done
    done ;;
esac
put "$main"; [ -n "$site" ] && put "$site"
# named FOLDER CONFIG: the files that its options name, relative ones beside it.
named() {
  for option in pipeline_cfg_file event_pipeline_cfg_file cfg_file; do
    name=$(sed -n "s/^ *$option *= *//p" "$2" 2>/dev/null | tail -n 1)
    case $name in /*) put "$name" ;; ?*) put "$1/$name" ;; esac
  done
}
named "$(dirname "$main")" "$main"
for config in $definitions; do
  [ -f "$config" ] && grep -q '^ *\[DEFAULT\]' "$config" && named "$(dirname "$config")" "$config"
done
for own in "$(dirname "$main")"/ceilift/*; do [ -f "$own" ] && put "$own"; done
for name in pipeline.yaml event_pipeline.yaml polling.yaml; do put "$(dirname "$main")/$name"; done
# What a release falls back to; only where a notification agent may miss a file of its own.
if grep -q ceilometer-agent-notification $definitions /dev/null 2>/dev/null; then
  for name in pipeline.yaml event_pipeline.yaml; do
    [ -e "$(dirname "$main")/$name" ] && continue
    for link in $releases; do
      put "$link"/lib/python*/site-packages/ceilometer/pipeline/data/"$name"
    done
  done
fi
"""
END = "exit 0\n"
