# Shared by the scripts that start a unit under systemd.

# begin SECONDS LOADING HOLD AT: start $unit at that moment, and see it last.
begin() {
  log=$(log_of "$(property ExecStart)")
  before=$(size_of "$log")
  systemctl reset-failed "$unit" 2>/dev/null
  at_moment "$4"
  since=$(date '+%Y-%m-%d %H:%M:%S')
  # restart, not start: what may still run of another release must go
  timeout "$1" systemctl restart "$unit" || failed "could not be started within $1 s"
  hold "$2" "$3"
  say started
}

hold() {
  pid=$(property MainPID)
  restarts=$(property NRestarts)
  if settled "$pid" "$1" "$2" && [ "$(property ActiveState)" = active ] &&
    [ "$(property MainPID)" = "$pid" ] && [ "$(property NRestarts)" = "$restarts" ]; then
    return
  fi
  failed "was started and did not last $2 s"
}

failed() {
  journalctl -u "$unit" --since "$since" -n 20 --no-pager -o cat 2>/dev/null
  written_since "$log" "$before"
  rm -f "$allowed"
  systemctl stop "$unit" 2>/dev/null
  die "it $1"
}
