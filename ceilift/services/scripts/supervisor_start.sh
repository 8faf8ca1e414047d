# supervisor_start FILE UNIT PATTERN FOLDER SECONDS LOADING AT OVERRIDE TEXT
main() {
  file=$(definition "$1" "$2") || exit 1
  unit=$2
  export CEILIFT_PATTERN="$3" CEILIFT_NEW="$4"
  installed "$4"
  override "$8" "$9"
  if points_at "$file" "$unit" && of_section "$file" "$unit" | overrides; then
    look "$unit"
    if [ "$state" = RUNNING ] && runs_from "$pid" "$4" && command_line "$pid" | overrides; then
      say already started
      return
    fi
  fi
  put "$file" rewritten "$file" "$unit" autostart autorestart
  points_at "$file" "$unit" || die "$file names no release folder: nothing tells supervisor which release to start"
  begin "$5" "$6" "$7"
  if [ -z "$9" ]; then rm -f "$8"; fi
}

main "$@" </dev/null
