# write_file FILE REFERENCE SHA256: make FILE what `content` decodes to. A new one gets the owner and
# mode of REFERENCE. The text comes with the script: a host's users can see arguments.
main() {
  mkdir -p "$(dirname "$1")" || die "$(dirname "$1") cannot be made"
  if [ ! -e "$1" ] && [ -e "$2" ]; then
    cp -p "$2" "$1.ceilift-new" || die "$1.ceilift-new cannot be written"
  fi
  replace keep_by_digest "$1" decoded
  found=$(sha_of "$1")
  if [ "$found" != "$3" ]; then die "$1 is not what was sent: its SHA-256 is $found"; fi
  if [ "$changed" = yes ]; then say written; else say already written; fi
}

decoded() {
  content | base64 -d
}
