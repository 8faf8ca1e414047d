# systemd_reload UNIT ROOT SECONDS AT
main() {
  about "$1" "$2"
  active=$(property ActiveState)
  if [ "$active" != active ]; then die "it is $active: nothing to reload"; fi
  reloaded "$(property MainPID)" "$3" "$4"
}
main "$@" </dev/null
