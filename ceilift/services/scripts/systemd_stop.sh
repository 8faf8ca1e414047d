# systemd_stop UNIT ROOT SECONDS AT
main() {
  about "$1" "$2"
  prevented
  known=$changed
  if [ -e "$allowed" ]; then known=yes; fi
  rm -f "$allowed" || die "$allowed cannot be removed"
  if [ "$known" = yes ]; then reload; fi
  group=$(property ControlGroup)
  pid=$(property MainPID)
  case $(property ActiveState) in
  inactive | failed)
    if [ -z "$(left_in "$group")" ]; then
      if [ "$known" = no ]; then say already stopped; else say was not running, restart prevented; fi
      return
    fi
    ;;
  esac
  case $pid in "" | 0) members= ;; *) members=$(family "$pid") ;; esac
  at_moment "$4"
  end=$(in_time "$3")
  timeout "$3" systemctl stop "$unit" || die "systemctl stop failed or took more than $3 s"
  while [ -n "$(left_in "$group")" ] || [ -n "$(alive "$members")" ]; do
    if past "$end"; then die "after $3 s these processes of it still run: $(left_in "$group")$(alive "$members")"; fi
    sleep 0.3
  done
  active=$(property ActiveState)
  case $active in inactive | failed) say stopped ;; *) die "it is $active after systemctl stop" ;; esac
}
main "$@" </dev/null
