# systemd_start UNIT ROOT PATTERN FOLDER SECONDS LOADING HOLD AT OVERRIDE TEXT
main() {
  about "$1" "$2"
  export CEILIFT_PATTERN="$3" CEILIFT_NEW="$4"
  installed "$4"
  override "$9" "${10}"
  if [ "$loaded" = masked ]; then die "it is masked: systemctl unmask $unit"; fi
  wanted=$(overriding)
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
  begin "$5" "$6" "$7" "$8"
  if [ -z "${10}" ]; then rm -f "$9"; fi
}

main "$@" </dev/null
