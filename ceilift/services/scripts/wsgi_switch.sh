# wsgi_switch CONFIG PATTERN FOLDER RELOAD...: `.ceilift-reload` stands beside CONFIG while the
# server has not been told yet, so that a run that was cut off is finished by the next.
main() {
  [ -f "$1" ] || die "$1 does not exist"
  config=$(readlink -f "$1")
  export CEILIFT_PATTERN="$2" CEILIFT_NEW="$3"
  installed "$3"
  shift 3
  named=$(folders "$config")
  if [ -z "$named" ]; then die "$config names no release folder"; fi
  if [ "$named" = "$CEILIFT_NEW" ] && [ ! -e "$config.ceilift-reload" ]; then
    say already switched
    return
  fi
  : >"$config.ceilift-reload" || die "$config.ceilift-reload cannot be written"
  put "$config" pointed "$config"
  answer=$("$@" 2>&1) || die "$config names $CEILIFT_NEW, but the reload ($*) failed: $answer"
  rm -f "$config.ceilift-reload"
  say switched
}

pointed() {
  awk "$AWK_MOVED"'{ print /^[ \t]*#/ ? $0 : moved($0) }' "$1"
}

folders() {
  awk "$AWK_MOVED"'!/^[ \t]*#/ { moved($0) } END { for (folder in seen) print folder }' "$1"
}
main "$@" </dev/null
