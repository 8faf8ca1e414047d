# supervisor_beside FILE UNIT PATTERN FOLDER SECONDS LOADING AT BESIDE OPTIONS TEXT
# BESIDE is the unit of its own; OPTIONS its own configuration file with that TEXT, empty for none.
main() {
  given=$(definition "$1" "$2") || exit 1
  export CEILIFT_PATTERN="$3" CEILIFT_NEW="$4" CEILIFT_OPTIONS="$9"
  unit=$8
  file=$(dirname "$given")/$unit.conf
  installed "$4"
  own_options "$9" "${10}"
  put "$file" beside "$given" "$2" "$unit"
  look "$unit"
  if [ "$state" = RUNNING ] && [ "$changed" = no ] && runs_from "$pid" "$4"; then
    say already started
    return
  fi
  points_at "$file" "$unit" || die "$given names no release folder: nothing tells supervisor which release to start"
  begin "$5" "$6" "$7"
}

# beside FILE UNIT NAME: the unit's section under another name, with the new release, logs of its
# own and its own options; it does not start by itself.
# shellcheck disable=SC2016  # awk's own $
beside() {
  of_section "$1" "$2" | awk -v name="$3" "$AWK_MOVED"'
    BEGIN { print "[program:" name "]"; print "autostart=false"; print "autorestart=true" }
    /^(autostart|autorestart)[ \t]*[=:]/ { next }
    /^command[ \t]*[=:]/ {
      gsub(/--log-file[ =]+[^ "]+/, "&" "-ceilift")
      if (ENVIRON["CEILIFT_OPTIONS"] != "") $0 = $0 " --config-file " ENVIRON["CEILIFT_OPTIONS"] }
    /^std(out|err)_logfile[ \t]*[=:][ \t]*[/%]/ { sub(/[ \t]*([ \t];.*)?$/, "-ceilift") }
    { print moved($0) }'
}
main "$@" </dev/null
