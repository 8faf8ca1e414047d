# systemd_remove UNIT ROOT SECONDS AT OPTIONS
main() {
  unit=$1
  own=$2/etc/systemd/system/$1
  group=$(property ControlGroup)
  pid=$(property MainPID)
  case $pid in "" | 0) members= ;; *) members=$(family "$pid") ;; esac
  if [ "$(property ActiveState)" = active ]; then at_moment "$4"; fi
  end=$(in_time "$3")
  if [ -e "$own" ]; then timeout "$3" systemctl stop "$unit" || die "systemctl stop failed or took more than $3 s"; fi
  while [ -n "$(left_in "$group")" ] || [ -n "$(alive "$members")" ]; do
    if past "$end"; then die "after $3 s these processes of it still run: $(left_in "$group")$(alive "$members")"; fi
    sleep 0.3
  done
  rm -f "$own" "$own.ceilift-before" "$5"
  rm -rf "$own.d"
  reload
  systemctl reset-failed "$unit" 2>/dev/null # else one that failed is listed for ever
  say removed
}
main "$@" </dev/null
