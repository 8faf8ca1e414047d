# Shared by the scripts for supervisor. A held key stands as `key=false` under a comment that keeps
# the operator's own line: `;ceilift-kept autostart=true`, or without a value where there was none.

definition() {
  [ -f "$1" ] || die "$1 does not exist: supervisor has no definition of $2 there"
  readlink -f "$1"
}

# section UNIT HOLD RESTORE: the definition on stdin with the keys of HOLD held, those of RESTORE
# as the operator had them, and (with CEILIFT_NEW) every release folder replaced.
# shellcheck disable=SC2016  # awk's own $
section() {
  awk -v unit="$1" -v hold="$2" -v restore="$3" "$AWK_MOVED$AWK_READ_BY"'
    function key_of(text) { return match(text, /^[A-Za-z_]+[ \t]*[=:]/) ? tolower(word(text)) : "" }
    function word(text) { match(text, /^[A-Za-z_]+/); return substr(text, 1, RLENGTH) }
    function among(key, list) { return key != "" && index(" " list " ", " " key " ") > 0 }
    function opens(text) { sub(/[ \t\r]*([;#].*)?$/, "", text); return text == "[program:" unit "]" }
    function kept(text) { return sub(/^;ceilift-kept /, "", text) ? text : "" }
    { line[NR] = $0; if ($0 ~ /^\[/) inside = opens($0)
      own[NR] = inside
      if (inside && $0 ~ /^\[/) head = NR
      if (inside && kept($0) != "") marked[tolower(word(kept($0)))] = 1
      if (inside) present[key_of($0)] = 1 }
    function add_missing(   keys, n, i) {
      n = split(hold, keys, " ")
      for (i = 1; i <= n; i++) if (!(keys[i] in present)) {
        if (!(keys[i] in marked)) print ";ceilift-kept " keys[i]
        print keys[i] "=false" } }
    function show(text,   key, operator) {
      key = key_of(text); operator = kept(text)
      if (operator != "" && among(tolower(word(operator)), restore)) { if (key_of(operator) != "") print operator }
      else if (among(key, restore) && (key in marked)) return
      else if (among(key, hold)) { if (!(key in marked)) print ";ceilift-kept " text; print key "=false" }
      else if (text ~ /^[;#]/) print text
      else print as_wanted(key == "command" ? read_by(text) : text) }
    function as_wanted(text) { return ENVIRON["CEILIFT_NEW"] != "" ? moved(text) : text }
    END {
      if (!head) exit 3
      for (i = 1; i <= NR; i++) {
        if (own[i]) show(line[i]); else print line[i]
        if (i == head) add_missing() } }'
}

# rewritten FILE UNIT HOLD RESTORE: the file as `section` makes it.
rewritten() {
  section "$2" "$3" "$4" <"$1"
}

# of_section FILE UNIT: only the lines of the unit, comments left out.
of_section() {
  awk -v unit="$2" '
    /^\[/ { text = $0; sub(/[ \t\r]*([;#].*)?$/, "", text); inside = (text == "[program:" unit "]"); next }
    inside && !/^[;#]/' "$1"
}

# points_at FILE UNIT: whether the unit names CEILIFT_NEW and no other release folder.
points_at() {
  of_section "$1" "$2" | awk "$AWK_MOVED"'
    { moved($0) }
    END { for (folder in seen) { n++; if (folder != ENVIRON["CEILIFT_NEW"]) other = 1 }
      exit !(n && !other) }'
}

# look UNIT: sets state and pid as supervisord tells them.
look() {
  answer=$(supervisorctl status "$1" 2>&1)
  state=$(printf '%s\n' "$answer" | awk -v unit="$1" '$1 == unit { print $2; exit }')
  pid=$(printf '%s\n' "$answer" | sed -n 's/.* pid \([0-9]\{1,\}\),.*/\1/p')
  case $state in
  RUNNING | STARTING | BACKOFF | STOPPING | STOPPED | EXITED | FATAL | UNKNOWN) ;;
  *) case $answer in
    *"no such process"*) state=ABSENT ;;
    *) die "supervisord does not answer: $answer" ;;
    esac ;;
  esac
}
