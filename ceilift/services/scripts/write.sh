# Shared by the scripts that replace a file of the host: what is there is kept under its own digest.

sha_of() {
  if [ -e "$1" ]; then sha256sum <"$1" | cut -d' ' -f1; fi
}

# named_former FILE SHA256: where that content of it is kept.
named_former() {
  printf '%s.ceilift-%.12s' "$1" "$2"
}

keep_by_digest() {
  if [ -e "$1" ]; then
    kept=$(named_former "$1" "$(sha_of "$1")")
    if ! { cp -p "$1" "$kept.new" && sync "$kept.new" && mv -f "$kept.new" "$kept"; }; then
      die "$kept cannot be written"
    fi
  fi
}
