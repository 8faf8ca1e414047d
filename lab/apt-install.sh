#!/bin/sh
# Install the Debian packages the lab needs, and only those that are missing:
# those of packages.txt, or of the lists given as arguments.
# Packages must not start services on their default ports while they are
# installed: a temporary policy-rc.d refuses it. One that is already there is kept.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}

missing=""
[ $# -gt 0 ] || set -- "$here/packages.txt"
for package in $(cat "$@"); do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done

if [ -z "$missing" ]; then
    echo "lab: every Debian package is there"
    exit 0
fi
echo "lab: missing Debian packages:$missing"

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "lab: run as root, or install sudo, to install them" >&2
    exit 1
fi

ours=""
remove_policy() {
    [ -z "$ours" ] || $as_root rm -f "$policy"
}
trap remove_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# shellcheck disable=SC2086  # the list is meant to be split
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing
echo "lab: Debian packages installed"
