"""The part of the look that is for a plan alone: the operator's own files, and room for a release.

It follows the other part in the same script, and uses its functions. Of configuration files that
the other part has not read, only the names of options leave the host.
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
for name in event_definitions.yaml gnocchi_resources.yaml meters.yaml meters.d/meters.yaml; do
  file=$conf/$name
  [ -r "$file" ] && say digest "$file" "$(sha256sum <"$file" | cut -c1-64)"
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
while [ ! -d "$install" ]; do install=$(dirname "$install"); done
say room "$(df -Pk "$install" | awk 'NR==2 {print $4}')"
say memory "$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
exit 0
"""
