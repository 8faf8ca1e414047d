# systemd_beside UNIT ROOT PATTERN FOLDER SECONDS LOADING HOLD AT BESIDE OPTIONS TEXT
# BESIDE is the unit of its own; OPTIONS its own configuration file with that TEXT, empty for none.
main() {
  about "$1" "$2"
  export CEILIFT_PATTERN="$3" CEILIFT_NEW="$4" CEILIFT_OPTIONS="${10}"
  installed "$4"
  own_options "${10}" "${11}"
  own=$2/etc/systemd/system/$9
  case $(overriding) in *=*) ;; *) die "it names no release folder: nothing tells systemd which release to start" ;; esac
  put "$own" beside
  unit=$9 allowed= # that file is the other unit's
  if [ "$changed" = yes ]; then reload; fi
  if [ "$(property ActiveState)" = active ] && [ "$changed" = no ] && runs_from "$(property MainPID)" "$4"; then
    say already started
    return
  fi
  begin "$5" "$6" "$7" "$8"
}

# beside: the unit as its files define it, with the new release, a log and options of its own. It has
# no [Install] section: nothing starts it by itself.
# shellcheck disable=SC2016  # awk's own $
beside() {
  { sources | while read -r file; do cat "$file"; echo; done; overriding; } | awk '
    /^\[/ { skip = ($0 ~ /^\[Install\]/) }
    skip { next }
    /^Exec[A-Za-z]*[ \t]*=/ && index($0, ENVIRON["CEILIFT_NEW"] "/") {
      gsub(/--log-file[ =]+[^ "]+/, "&" "-ceilift")
      if (ENVIRON["CEILIFT_OPTIONS"] != "") $0 = $0 " --config-file " ENVIRON["CEILIFT_OPTIONS"] }
    /^Alias[ \t]*=/ { next }
    { print }'
}
main "$@" </dev/null
