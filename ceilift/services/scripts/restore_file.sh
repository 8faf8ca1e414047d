# restore_file FILE SHA256: make FILE what it was with that digest; empty: there was none.
main() {
  if [ "$(sha_of "$1")" = "$2" ]; then
    say as it was
  elif [ -z "$2" ]; then
    keep_by_digest "$1"
    rm -f "$1" || die "$1 cannot be removed"
    say removed again
  else
    former=$(named_former "$1" "$2")
    [ "$(sha_of "$former")" = "$2" ] || die "$former does not hold what $1 was before"
    replace keep_by_digest "$1" cat "$former"
    say restored
  fi
}
