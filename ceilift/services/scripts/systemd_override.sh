# Shared by the scripts that point a unit under systemd at a release.

# Every file that defines the unit, in systemd's order, our own left out.
sources() {
  { property FragmentPath; property DropInPaths | tr ' ' '\n'; } | grep -v -e '^$' -e '/zz-ceilift-'
}

# overriding: every setting of [Service] that names a release folder, emptied and given again; the
# commands read the unit's own configuration file as wanted.
overriding() {
  sources | while read -r file; do cat "$file"; echo; done | awk "$AWK_MOVED$AWK_READ_BY"'
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
        for (n = 1; n <= count[order[i]]; n++) print order[i] "=" told(order[i], values[order[i], n]) } }
    function told(key, value) { return key == "ExecStart" ? read_by(value) : value }'
}
