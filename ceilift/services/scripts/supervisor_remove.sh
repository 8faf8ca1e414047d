# supervisor_remove FILE UNIT SECONDS AT OPTIONS
main() {
  unit=$2
  look "$unit"
  case $state in
  RUNNING | STARTING | BACKOFF | STOPPING)
    if [ -z "$pid" ]; then pid=$(supervisorctl pid "$unit" 2>&1); fi
    case $pid in *[!0-9]* | "" | 0) members= ;; *) members=$(family "$pid") ;; esac
    at_moment "$4"
    end=$(in_time "$3")
    answer=$(timeout "$3" supervisorctl stop "$unit" 2>&1)
    if ! gone "$members" "$end"; then die "after $3 s these processes of it still run: $(alive "$members")"; fi
    ;;
  esac
  rm -f "$1" "$1.ceilift-before" "$5"
  answer=$(supervisorctl update "$unit" 2>&1)
  look "$unit"
  if [ "$state" != ABSENT ]; then die "supervisord still knows it: $answer"; fi
  say removed
}
main "$@" </dev/null
