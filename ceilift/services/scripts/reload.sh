# Shared by the scripts that reload a unit.

# workers PID: the processes of its family without itself.
workers() {
  family "$1" | tr ' ' '\n' | grep -v -e "^$1:" -e '^$' | tr '\n' ' '
}

# reloaded PID SECONDS AT: SIGHUP to the main process at that moment; its workers end and it starts
# others, which load the files anew (cotyledon). It must live on, and have others within SECONDS. One
# that has no worker in that time is none that reloads: SIGHUP would end it.
reloaded() {
  main=$(family "$1" | tr ' ' '\n' | grep "^$1:")
  end=$(in_time "$2")
  former=$(workers "$1")
  while [ -z "$former" ]; do
    if past "$end"; then die "process $1 has no workers: it loads nothing"; fi
    sleep 0.1
    former=$(workers "$1")
  done
  at_moment "$3"
  kill -HUP "$1" || die "process $1 takes no signal"
  end=$(in_time "$2")
  while [ -n "$(alive "$former")" ] || [ -z "$(workers "$1")" ]; do
    if [ -z "$(alive "$main")" ]; then die "its main process ended when it was told to reload"; fi
    if past "$end"; then die "after $2 s it has not replaced its workers; of the former live: $(alive "$former")"; fi
    sleep 0.1
  done
  say reloaded
}
