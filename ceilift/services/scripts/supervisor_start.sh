# supervisor_start FILE UNIT PATTERN FOLDER SECONDS LOADING AT
main() {
  file=$(definition "$1" "$2") || exit 1
  unit=$2
  export CEILIFT_PATTERN="$3" CEILIFT_NEW="$4"
  installed "$4"
  if points_at "$file" "$unit"; then
    look "$unit"
    if [ "$state" = RUNNING ] && runs_from "$pid" "$4"; then
      say already started
      return
    fi
  fi
  put "$file" rewritten "$file" "$unit" autostart autorestart
  points_at "$file" "$unit" || die "$file names no release folder: nothing tells supervisor which release to start"
  begin "$5" "$6" "$7"
}

main "$@" </dev/null
