#!/bin/sh
# Answers as supervisorctl 4 does, for one unit, and starts a real process. Remembers in $FAKE:
# state, pid, command (as supervisord has it in memory), calls, started. What it is told: `file`,
# the definition it reads; `fate`, what becomes of the next start; `down`, that nothing answers;
# `forgets`, that a unit whose file is gone is gone at the next update.
verb=$1 unit=$2
echo "$*" >>"$FAKE/calls"
if [ -e "$FAKE/down" ]; then echo "unix:///run/supervisor.sock no such file"; exit 4; fi
recall() { cat "$FAKE/$1" 2>/dev/null; }
state=$(recall state) pid=$(recall pid)
if [ "$state" = RUNNING ] && ! kill -0 "$pid" 2>/dev/null; then state=EXITED; fi
launch() {
  setsid $(recall command) >/dev/null 2>&1 &
  echo $! >"$FAKE/pid"
  echo $! >>"$FAKE/started"
}
case $verb in
status)
  case $state in
  "") echo "$unit: ERROR (no such process)"; exit 4 ;;
  RUNNING) echo "$unit                RUNNING   pid $pid, uptime 0:00:01" ;;
  *) echo "$unit                $state   Not started" ;;
  esac ;;
pid) if [ "$state" = RUNNING ] || [ "$state" = STARTING ]; then echo "$pid"; else echo 0; fi ;;
stop)
  case $state in
  RUNNING | STARTING)
    kill -TERM "-$pid" 2>/dev/null
    echo STOPPED >"$FAKE/state"
    echo "$unit: stopped" ;;
  *) echo "$unit: ERROR (not running)" ;;
  esac ;;
update)
  if [ -e "$FAKE/forgets" ] && [ ! -e "$(recall file)" ]; then rm -f "$FAKE/state"; exit 0; fi
  if [ -e "$FAKE/refuses" ]; then echo "ERROR: CANT_REREAD: $(recall refuses)"; exit 1; fi
  new=$(sed -n 's/^command=//p' "$(recall file)")
  if [ "$new" != "$(recall command)" ]; then
    if [ "$state" = RUNNING ]; then kill -TERM "-$pid"; fi
    echo "$new" >"$FAKE/command"
    echo STOPPED >"$FAKE/state"
    echo "$unit: updated process group"
  fi ;;
start)
  if [ "$state" = RUNNING ]; then echo "$unit: ERROR (already started)"; exit 7; fi
  fate=$(recall fate)
  launch
  if [ -n "$fate" ]; then
    wait # it ends by itself, and has written all it had to say
    echo "$fate" >"$FAKE/state"
    echo "$unit: ERROR (spawn error)"
    exit 7
  fi
  echo RUNNING >"$FAKE/state"
  echo "$unit: started" ;;
tail) if [ "$4" = stderr ]; then echo "$unit: ERROR (no log file)"; else recall output; fi ;;
esac
