"""The script that reads a publisher's files on their host: POSIX sh, awk, GNU or busybox tools.

The publisher is Python's RotatingFileHandler (ceilometer/publisher/file.py): with `max_bytes` and
`backup_count` PATH becomes PATH.1, PATH.1 becomes PATH.2, and so on, by renaming. Files are read
from the newest to the oldest, each once by its inode, so what is renamed meanwhile is neither lost
nor read twice.

A sample is written after it was measured. So a file last written before the time in question holds
nothing of it, and neither does what stands in a file before the first block in which a sample of
that time is found: the block is searched by halving, never by reading the file.
"""

from __future__ import annotations

END = "end"  # the last line of every answer that is whole
OVER = "over"  # in its place: more would have come than was asked for at most
SCRIPT = r"""# samples in files
question=$1 path=$2
shift 2
LC_ALL=C
export LC_ALL
clock=$(($(date +%s) - 1)) # the time of a write may lag behind by a tick
STEP=1048576 BLOCK=65536 opened=/proc/self/fd/3
newest='
function newest(line,  best, stamp) {
  best = ""
  while (match(line, /["\047](timestamp)["\047]: u?["\047][0-9][^"\047]*/)) {
    stamp = substr(line, RSTART, RLENGTH)
    line = substr(line, RSTART + RLENGTH)
    sub(/^[^:]*: u?["\047]/, "", stamp)
    sub(/ /, "T", stamp)
    if (stamp ~ /T.*[-+][0-9:]+$/ && stamp !~ /[-+]00:?00$/) return "9999"
    stamp = substr(stamp, 1, 19)
    if (stamp > best) best = stamp
  }
  return best
}'

each() { # call $1 with each file open as 3, from the newest on, until it sets `enough`
  number=0 gone=0 seen=" " enough=
  while [ "$gone" -lt 3 ] && [ -z "$enough" ]; do # a file being renamed is gone for a moment
    file=$path
    [ "$number" -eq 0 ] || file=$path.$number
    number=$((number + 1))
    if [ ! -e "$file" ]; then
      gone=$((gone + 1))
    elif [ ! -f "$file" ] || [ ! -r "$file" ]; then
      echo "$file may not be read, or is no file" >&2
      exit 3
    elif look "$1" 3<"$file"; then
      gone=0
    fi
  done
  return 0
}

look() { # the open file's inode, size and time of the last write; then $1, if it is a new one
  found=$(stat -L -c '%i %s %Y' "$opened") || return 1
  inode=${found%% *} written=${found##* } size=${found#* }
  size=${size%% *}
  case $seen in *" $inode "*) return 0 ;; esac
  seen="$seen$inode "
  "$1"
}

rest() { # the lines that begin at byte $1 or after it
  if [ "$1" -le 0 ]; then cat "$opened"; else tail -c "+$1" "$opened" | tail -n +2; fi
}

first() { # what tells a file from another one that was given its inode
  head -n 1 "$opened" | cksum | tr ' ' -
}

old() { # whether all samples in the block at byte $1 are older than $search
  rest "$1" | head -c "$BLOCK" | awk -v search="$search" "$newest"'
    { stamp = newest($0); if (stamp > best) best = stamp }
    END { exit !(best != "" && best < search) }'
}

matching() { # the lines of the open file that may matter
  if [ "$written" -lt "$since" ]; then
    enough=yes
    return 0
  fi
  from=0 to=$size
  while [ $((to - from)) -gt "$STEP" ]; do
    middle=$(((from + to) / 2))
    if old "$middle"; then from=$middle; else to=$middle; fi
  done
  rest "$from"
  echo # the last line may be half written
}

mark() {
  echo "mark $inode $size $(first) $clock"
  enough=yes
}

count() { # the lines of samples behind the mark
  if [ "$written" -lt "$when" ]; then
    enough=yes
    return 0
  fi
  begin=0
  if [ "$inode" = "$marked" ] && [ "$size" -ge "$offset" ]; then
    if [ "$offset" -eq 0 ] || [ "$(first)" = "$head" ]; then begin=$offset enough=yes; fi
  fi
  rows=$(rest "$begin" | grep -c "[\"']resource_id[\"']: .*[\"']timestamp[\"']: \|$swapped")
  total=$((total + rows))
}

case $question in
  samples)
    since=$1 search=$2 cut=$3 most=$4 meters=$5
    short=$(cat <<'END'
s/^\({["']name["']: [^{}]*, ["']resource_metadata["']: {\).*\(}, ["']source["']: [^{}]*}\)$/\1\2/
END
    )
    { each matching && echo end; } | awk -v cut="$cut" -v meters="$meters" "$newest"'
      function wanted(line,  name) {
        while (match(line, /name["\047]: u?["\047][^"\047]*/)) {
          name = substr(line, RSTART, RLENGTH)
          line = substr(line, RSTART + RLENGTH)
          sub(/^[^:]*: u?["\047]/, "", name)
          if (name in of) return 1
        }
        return 0
      }
      BEGIN { all = !split(meters, names, " "); for (i in names) of[names[i]] = 1 }
      /^end$/ || newest($0) >= cut && (all || wanted($0))' | sed "$short" | awk -v most="$most" '
      { bytes += length($0) + 1; if (bytes > most) { print "over"; exit } print }'
    ;;
  mark) each mark && echo end ;;
  rows)
    marked=$1 offset=$2 head=$3 when=$4 total=0
    swapped="[\"']timestamp[\"']: .*[\"']resource_id[\"']: "
    each count
    echo "rows $total"
    echo end
    ;;
esac
"""
