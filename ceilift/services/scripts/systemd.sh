# Shared by the scripts for systemd. One drop-in prevents every start of a unit: at boot, by hand, by
# a timer, a socket or another unit. Its condition holds only while a file below /run allows it, and
# a reboot takes that file away. Masking would not do: systemd refuses it for a unit whose file
# stands in /etc. Drop-ins are named zz-: they count after the operator's (`override.conf`).

# about UNIT ROOT: where our files for that unit are.
about() {
  unit=$1
  folder=$2/etc/systemd/system/$unit.d
  stopped=$folder/zz-ceilift-stopped.conf
  release=$folder/zz-ceilift-release.conf
  allowed=$2/run/ceilift/$unit.allowed
  loaded=$(property LoadState)
  case $loaded in
  loaded | masked) ;;
  *) die "systemd has no unit $unit (it says: ${loaded:-nothing})" ;;
  esac
}

property() {
  systemctl show -p "$1" "$unit" 2>/dev/null | sed -n "s/^$1=//p"
}

# prevented: make sure that the drop-in stands; sets changed.
prevented() {
  mkdir -p "$folder" || die "$folder cannot be made"
  put "$stopped" condition
}

condition() {
  printf '[Unit]\nConditionPathExists=%s\n' "$allowed"
}

reload() {
  systemctl daemon-reload || die "systemctl daemon-reload failed"
}

# left_in CONTROL_GROUP: the processes in it.
left_in() {
  if [ -n "$1" ]; then
    cat "/sys/fs/cgroup$1/cgroup.procs" "/sys/fs/cgroup/systemd$1/cgroup.procs" 2>/dev/null | tr '\n' ' '
  fi
}
