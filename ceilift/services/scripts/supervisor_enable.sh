# supervisor_enable FILE UNIT
main() {
  file=$(definition "$1" "$2") || exit 1
  put "$file" rewritten "$file" "$2" "" "autostart autorestart"
  if [ "$changed" = no ]; then say restart already allowed; else say restart allowed; fi
}
main "$@" </dev/null
