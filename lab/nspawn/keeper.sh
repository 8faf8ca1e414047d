#!/bin/sh
# keeper.sh COMMAND...: run systemd-nspawn in the cgroups that $LAB_GROUPS lists; as long as it ends
# because the host wants to be booted again (133), again.
while :; do
  # shellcheck disable=SC2016  # for the inner shell
  sh -c 'for group in $LAB_GROUPS; do echo $$ >"$group/cgroup.procs" || exit 1; done; exec "$@"' sh "$@"
  code=$?
  [ "$code" = 133 ] || exit "$code"
done
