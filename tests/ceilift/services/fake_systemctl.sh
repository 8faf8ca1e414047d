#!/bin/sh
# Answers as systemctl does for one unit, reads its files and drop-ins as systemd would, and starts
# a real process. Remembers in $FAKE: active, pid, restarts, loaded, calls, started; told in `root`
# where the host begins. `daemon-reload` alone makes it read conditions and commands.
echo "$*" >>"$FAKE/calls"
recall() { cat "$FAKE/$1" 2>/dev/null; }
root=$(recall root) unit=$(recall unit)
fragment=$root/etc/systemd/system/$unit dropins=$root/etc/systemd/system/$unit.d
active=$(recall active) pid=$(recall pid)
if [ "$active" = active ] && ! [ -d "/proc/$pid" ]; then active=failed; fi
if [ "$active" = active ] && grep -q '^State:.Z' "/proc/$pid/status"; then active=failed; fi
conditions() {
  while read -r path; do [ -e "$path" ] || return 1; done <"$FAKE/conditions"
}
launch() {
  if ! conditions; then echo inactive >"$FAKE/active"; return 0; fi
  setsid $(recall command) >/dev/null 2>&1 &
  echo $! >"$FAKE/pid"
  echo $! >>"$FAKE/started"
  echo active >"$FAKE/active"
}
end() {
  if [ "$active" = active ]; then kill -TERM "-$pid"; fi
  echo inactive >"$FAKE/active"
}
case $1 in
show)
  case $3 in
  LoadState) if [ -e "$fragment" ]; then loaded=$(recall loaded); echo "LoadState=${loaded:-loaded}"; else echo LoadState=not-found; fi ;;
  ActiveState) echo "ActiveState=${active:-inactive}" ;;
  MainPID) if [ "$active" = active ]; then echo "MainPID=$pid"; else echo MainPID=0; fi ;;
  ControlGroup) echo "ControlGroup=" ;;
  NRestarts) echo "NRestarts=$(recall restarts)" ;;
  FragmentPath) echo "FragmentPath=$fragment" ;;
  DropInPaths) echo "DropInPaths=$(ls "$dropins"/*.conf 2>/dev/null | tr '\n' ' ')" ;;
  ExecStart) echo "ExecStart={ path=agent ; argv[]=$(recall command) ; ignore_errors=no }" ;;
  esac ;;
daemon-reload)
  cat "$fragment" "$dropins"/*.conf 2>/dev/null | sed -n 's/^ExecStart=//p' | tail -n 1 >"$FAKE/command"
  cat "$fragment" "$dropins"/*.conf 2>/dev/null | sed -n 's/^ConditionPathExists=//p' >"$FAKE/conditions" ;;
start) [ "$active" = active ] || launch ;;
restart) if [ -e "$FAKE/refuses" ]; then exit 1; fi; end; launch ;;
stop) end ;;
reset-failed) ;;
esac
