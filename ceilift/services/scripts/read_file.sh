# read_file FILE SHA256 PACKAGED: print, in base64, FILE as it had that digest: as it stands, or as it
# was kept when it was replaced. Without a digest there was none: then the pattern PACKAGED is read.
main() {
  if [ -z "$2" ]; then
    for found in $3; do
      if [ -e "$found" ]; then said "$found"; return; fi
    done
    die "$1 was not there, and neither is $3"
  fi
  for found in "$1" "$(named_former "$1" "$2")"; do
    if [ "$(sha_of "$found")" = "$2" ]; then said "$found"; return; fi
  done
  die "$1 no longer has the content it had before, and that was not kept"
}

said() {
  say "$(base64 <"$1" | tr -d '\n')"
}
