# supervisor_reload UNIT SECONDS AT
main() {
  look "$1"
  if [ "$state" != RUNNING ]; then die "it is $state: nothing to reload"; fi
  if [ -z "$pid" ]; then pid=$(supervisorctl pid "$1" 2>&1); fi
  reloaded "$pid" "$2" "$3"
}
main "$@" </dev/null
