# systemd_enable UNIT ROOT
main() {
  about "$1" "$2"
  if [ ! -e "$stopped" ]; then
    say restart already allowed
    return
  fi
  rm -f "$stopped" || die "$stopped cannot be removed"
  sync "$folder"
  rm -f "$allowed"
  reload
  say restart allowed
}
main "$@" </dev/null
