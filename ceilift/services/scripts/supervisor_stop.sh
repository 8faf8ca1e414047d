# supervisor_stop FILE UNIT SECONDS AT
main() {
  file=$(definition "$1" "$2") || exit 1
  unit=$2
  put "$file" rewritten "$file" "$unit" "autostart autorestart" ""
  look "$unit"
  case $state in
  STOPPED | EXITED | FATAL | ABSENT)
    if [ "$changed" = no ]; then say already stopped; else say was not running, restart prevented; fi
    return
    ;;
  esac
  at_moment "$4"
  end=$(in_time "$3")
  if [ -z "$pid" ]; then pid=$(supervisorctl pid "$unit" 2>&1); fi
  case $pid in *[!0-9]* | "" | 0) members= ;; *) members=$(family "$pid") ;; esac
  answer=$(timeout "$3" supervisorctl stop "$unit" 2>&1)
  if ! gone "$members" "$end"; then die "after $3 s these processes of it still run: $(alive "$members")"; fi
  case $answer in
  "$unit: stopped") ;;
  *)
    look "$unit"
    case $state in STOPPED | EXITED | FATAL) ;; *) die "it is $state after $3 s: $answer" ;; esac
    ;;
  esac
  say stopped
}
main "$@" </dev/null
