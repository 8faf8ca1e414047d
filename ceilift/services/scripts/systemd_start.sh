# systemd_start UNIT ROOT PATTERN FOLDER SECONDS LOADING HOLD
main() {
  about "$1" "$2"
  export CEILIFT_PATTERN="$3" CEILIFT_NEW="$4"
  installed "$4"
  if [ "$loaded" = masked ]; then die "it is masked: systemctl unmask $unit"; fi
  wanted=$(override)
  case $wanted in *=*) ;; *) die "it names no release folder: nothing tells systemd which release to start" ;; esac
  if [ "$(property ActiveState)" = active ] && runs_from "$(property MainPID)" "$4" &&
    printf '%s\n' "$wanted" | cmp -s - "$release"; then
    say already started
    return
  fi
  prevented
  put "$release" printf '%s\n' "$wanted"
  mkdir -p "${allowed%/*}" || die "${allowed%/*} cannot be made"
  : >"$allowed" || die "$allowed cannot be written"
  reload
  log=$(log_of "$(property ExecStart)")
  before=$(size_of "$log")
  systemctl reset-failed "$unit" 2>/dev/null
  since=$(date '+%Y-%m-%d %H:%M:%S')
  # restart, not start: what may still run of another release must go
  timeout "$5" systemctl restart "$unit" || failed "could not be started within $5 s"
  hold "$6" "$7"
  say started
}

# Every file that defines the unit, in systemd's order, our own left out.
sources() {
  { property FragmentPath; property DropInPaths | tr ' ' '\n'; } | grep -v -e '^$' -e '/zz-ceilift-'
}

override() {
  sources | while read -r file; do cat "$file"; echo; done | overriding
}

# overriding: every setting of [Service] that names a release folder, emptied and given again.
overriding() {
  awk "$AWK_MOVED"'
    /^[ \t]*[#;]/ { next }
    { text = rest $0; rest = "" }
    /\\$/ { rest = substr(text, 1, length(text) - 1) " "; next }
    text ~ /^\[/ { inside = (text ~ /^\[Service\]/); next }
    inside && match(text, /^[ \t]*[A-Za-z]+[ \t]*=/) {
      key = substr(text, 1, RLENGTH); gsub(/[ \t=]/, "", key)
      value = substr(text, RLENGTH + 1); sub(/^[ \t]+/, "", value); sub(/[ \t\r]+$/, "", value)
      if (!(key in count)) order[++keys] = key
      if (value == "") { count[key] = 0; named[key] = 0; next }
      values[key, ++count[key]] = moved(value)
      if (moved(value) != value || index(value, ENVIRON["CEILIFT_NEW"] "/")) named[key] = 1
    }
    END {
      print "[Service]"
      for (i = 1; i <= keys; i++) if (named[order[i]]) {
        print order[i] "="
        for (n = 1; n <= count[order[i]]; n++) print order[i] "=" values[order[i], n] } }'
}

hold() {
  pid=$(property MainPID)
  restarts=$(property NRestarts)
  if settled "$pid" "$1" "$2" && [ "$(property ActiveState)" = active ] &&
    [ "$(property MainPID)" = "$pid" ] && [ "$(property NRestarts)" = "$restarts" ]; then
    return
  fi
  failed "was started and did not last $2 s"
}

failed() {
  journalctl -u "$unit" --since "$since" -n 20 --no-pager -o cat 2>/dev/null
  written_since "$log" "$before"
  rm -f "$allowed"
  systemctl stop "$unit" 2>/dev/null
  die "it $1"
}
main "$@" </dev/null
