# What a command that changes a host did, in the log of what was done; then the command itself.
# Installed under the names of such commands, first in the PATH of a stand-in host.
said() { printf '%s\t%s\t%s\n' "$(date +%s.%N)" "$CEILIFT_LAB_HOST" "$1" >>"$CEILIFT_LAB/done.log"; }
digest() { sed "s|$CEILIFT_LAB||g" "$1" 2>/dev/null | sha256sum | cut -c1-12; } # the same in every cloud
last() { for last; do :; done; }
name=${0##*/}
last "$@"
case $name in
mv)
  case $last in
  *.ceilift-*) ;;
  */etc/*) said "write ${last#"$HOME"} $(digest "$last.ceilift-new")" ;;
  esac
  exec /bin/mv "$@" ;;
rm)
  for file; do case $file in */etc/*) [ -e "$file" ] && said "remove ${file#"$HOME"}" ;; esac; done
  exec /bin/rm "$@" ;;
supervisorctl)
  case $1 in start | stop | signal) said "supervisorctl $*" ;; esac
  exec "$CEILIFT_PYTHON" -m supervisor.supervisorctl -c "$HOME/etc/supervisor/supervisord.conf" "$@" ;;
mariadb-dump)
  said dump
  echo "-- a stand-in's dump"; sleep 0.3; echo "-- and its end" ;;
esac
