# Shared by all scripts of this folder: POSIX sh and awk, nothing else needed on the host.

say() { printf 'outcome %s\n' "$*"; }

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# in_time SECONDS: that many seconds from now, in hundredths since boot: a clock that never steps.
in_time() {
  read -r up _ </proc/uptime
  echo $((${up%.*}${up#*.} + $1 * 100))
}

# at_moment EPOCH: wait until this host's clock shows it; 0: not at all.
at_moment() {
  sleep "$(awk -v at="$1" -v now="$(date +%s.%N)" 'BEGIN { left = at - now; print (left > 0 ? left : 0) }')"
}

# past MOMENT: whether it is over.
past() {
  [ "$(in_time 0)" -ge "$1" ]
}

# installed FOLDER: a missing release is found before anything is changed.
installed() {
  [ -d "$1" ] || die "$1 does not exist: the release is not installed on this host"
}

# put FILE COMMAND...: make FILE what COMMAND prints. Atomic; mode and owner are kept; the content
# found first is kept as FILE.ceilift-before. Sets changed=yes or no.
put() {
  replace keep_former "$@"
}

# replace KEEP FILE COMMAND...: the same, the former content kept by KEEP FILE.
replace() {
  keep=$1
  target=$2
  shift
  shift
  changed=no
  if [ -e "$target" ]; then
    cp -p "$target" "$target.ceilift-new" || die "$target.ceilift-new cannot be written"
  fi
  if ! "$@" >"$target.ceilift-new"; then
    rm -f "$target.ceilift-new"
    die "$target could not be rewritten"
  fi
  if cmp -s "$target" "$target.ceilift-new" 2>/dev/null; then
    rm -f "$target.ceilift-new"
    return 0
  fi
  sync "$target.ceilift-new" || die "$target.ceilift-new could not be saved"
  "$keep" "$target"
  mv -f "$target.ceilift-new" "$target" || die "$target cannot be replaced"
  sync "$(dirname "$target")"
  # shellcheck disable=SC2034  # read by the scripts that follow
  changed=yes
}

# own_options FILE TEXT: the options of a unit of its own, beside the host's; no FILE: it has none.
own_options() {
  if [ -n "$1" ]; then
    mkdir -p "$(dirname "$1")" || die "$(dirname "$1") cannot be made"
    put "$1" printf '%s\n' "$2"
  fi
}

# override FILE TEXT: have the unit read FILE with that TEXT behind its other configuration files; no
# TEXT: no longer; no FILE: as it is. Told by CEILIFT_OVERRIDE and CEILIFT_OVERRIDDEN (1 or empty).
override() {
  export CEILIFT_OVERRIDE="$1" CEILIFT_OVERRIDDEN="${2:+1}"
  if [ -n "$2" ]; then own_options "$1" "$2"; fi
}

# overrides: whether the text on stdin reads that file as wanted.
overrides() {
  [ -z "$CEILIFT_OVERRIDE" ] && return 0
  if grep -qF -- "--config-file $CEILIFT_OVERRIDE"; then [ -n "$CEILIFT_OVERRIDDEN" ]; else [ -z "$CEILIFT_OVERRIDDEN" ]; fi
}

# awk function read_by(command): the same command, reading that file as wanted.
# shellcheck disable=SC2034,SC2016  # read by the scripts that follow; awk's own $
AWK_READ_BY='
function read_by(command,   part, at) {
  if (ENVIRON["CEILIFT_OVERRIDE"] == "") return command
  part = " --config-file " ENVIRON["CEILIFT_OVERRIDE"]
  while ((at = index(command, part)) > 0) command = substr(command, 1, at - 1) substr(command, at + length(part))
  return ENVIRON["CEILIFT_OVERRIDDEN"] != "" ? command part : command
}
'

keep_former() {
  if [ -e "$1" ] && [ ! -e "$1.ceilift-before" ]; then
    if ! { cp -p "$1" "$1.ceilift-keeping" && sync "$1.ceilift-keeping" &&
      mv -f "$1.ceilift-keeping" "$1.ceilift-before"; }; then
      die "$1.ceilift-before cannot be written"
    fi
  fi
}

# awk function moved(text): the same text with every release folder replaced by the one in
# CEILIFT_NEW, and in seen[] which folders it named. A folder inside a longer path is not one.
# shellcheck disable=SC2034,SC2016  # read by the scripts that follow; awk's own $
AWK_MOVED='
function moved(text,   out, last) {
  out = ""
  while (match(text, ENVIRON["CEILIFT_PATTERN"])) {
    out = out substr(text, 1, RSTART - 1)
    last = substr(out, length(out), 1)
    if (last ~ /[A-Za-z0-9._\/-]/) out = out substr(text, RSTART, RLENGTH)
    else { seen[substr(text, RSTART, RLENGTH)] = 1; out = out ENVIRON["CEILIFT_NEW"] }
    text = substr(text, RSTART + RLENGTH)
  }
  return out text
}
'

# family PID: "pid:birth" of the process, of its process group and of all descendants, ghosts left out.
family() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v top="$1" '
    { pid = $1; sub(/^.*\) /, "")
      if ($1 !~ /[ZX]/) { parent[pid] = $2; born[pid] = $20; if (pid == top || $3 == top) found[pid] = 1 } }
    END {
      do { grown = 0
        for (pid in parent) if (!(pid in found) && (parent[pid] in found)) { found[pid] = 1; grown = 1 }
      } while (grown)
      for (pid in found) printf "%s:%s ", pid, born[pid]
    }'
}

# alive "PID:BIRTH ...": the pids of them that still live.
alive() {
  for one in $1; do
    born=$(awk '{ sub(/^.*\) /, ""); if ($1 !~ /[ZX]/) print $20 }' "/proc/${one%:*}/stat" 2>/dev/null)
    if [ "$born" = "${one#*:}" ]; then printf '%s ' "${one%:*}"; fi
  done
}

# gone "PID:BIRTH ..." MOMENT: wait until none of them lives, at most until then.
gone() {
  while [ -n "$(alive "$1")" ]; do
    if past "$2"; then return 1; fi
    sleep 0.1
  done
}

# settled PID LOADING SECONDS: whether the process lives for SECONDS after it has a worker. One that
# still loads has none, and what is wrong with its configuration ends it before; one that has none
# after LOADING seconds is taken for a process without workers.
settled() {
  watched=$(family "$1" | tr ' ' '\n' | grep "^$1:")
  until=$(in_time "$2")
  while [ -n "$(alive "$watched")" ] && [ "$(family "$1" | wc -w)" -lt 2 ]; do
    if past "$until"; then break; fi
    sleep 0.3
  done
  until=$(in_time "$3")
  while [ -n "$(alive "$watched")" ]; do
    if past "$until"; then return 0; fi
    sleep 0.1
  done
  return 1
}

# runs_from PID FOLDER: whether the command line of the process names that release folder.
runs_from() {
  command_line "$1" | grep -qF "$2/"
}

command_line() {
  tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline"
}

# log_of TEXT: the file given to --log-file in it.
log_of() {
  printf '%s\n' "$1" | sed -n 's/.*--log-file[ =]\{1,\}\([^ "]\{1,\}\).*/\1/p' | head -n 1
}

# size_of FILE: its bytes; 0 when there is none.
size_of() {
  if [ -f "$1" ]; then wc -c <"$1"; else echo 0; fi
}

# written_since FILE SIZE: its last lines behind that size.
written_since() {
  if [ -f "$1" ]; then tail -c "+$(($2 + 1))" "$1" | tail -n 15; fi
}
