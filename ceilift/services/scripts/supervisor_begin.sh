# Shared by the scripts that start a unit under supervisor.

# begin SECONDS LOADING AT: let supervisord take over the definition of $unit in $file, start it at
# that moment, and see it last.
begin() {
  log=$(log_of "$(of_section "$file" "$unit")")
  before=$(size_of "$log")
  answer=$(supervisorctl update "$unit" 2>&1)
  case $answer in *ERROR*) die "supervisord refuses its definition: $answer" ;; esac
  at_moment "$3"
  end=$(in_time "$1")
  answer=$(timeout "$1" supervisorctl start "$unit" 2>&1)
  wait_running
  hold "$2"
  say started
}

# A first try that failed is tried again by supervisor itself: only its final word counts.
wait_running() {
  look "$unit"
  while [ "$state" != RUNNING ]; do
    case $state in FATAL | EXITED | STOPPED | ABSENT | UNKNOWN) failed "is $state: $answer" ;; esac
    if past "$end"; then failed "is still $state"; fi
    sleep 0.3
    look "$unit"
  done
}

hold() {
  lasting=$(of_section "$file" "$unit" | sed -n 's/^startsecs[ \t]*[=:][ \t]*\([0-9]\{1,\}\).*/\1/p')
  first=$pid
  if settled "$pid" "$1" "${lasting:-1}"; then
    look "$unit"
    if [ "$state" = RUNNING ] && [ "$pid" = "$first" ]; then return; fi
  fi
  failed "was running and did not last ${lasting:-1} s"
}

# Its own log says why; what supervisor caught of it is shown where that log is empty.
failed() {
  written=$(written_since "$log" "$before")
  if [ -z "$written" ]; then
    for channel in stdout stderr; do
      supervisorctl tail -2000 "$unit" "$channel" 2>&1 | grep -v "^$unit: ERROR" | tail -n 10
    done
  fi
  printf '%s\n' "$written"
  supervisorctl stop "$unit" >/dev/null 2>&1
  die "it $1"
}
