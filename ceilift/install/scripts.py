"""What runs on a host to install a release and to verify it: POSIX sh, the release's Python."""

from __future__ import annotations

# Arguments: FOLDER DIGEST PYTHON FREE_MB, then options for pip; the list is a here document.
# Exit codes: 10 the folder is there and not ours, 11 too little room, 12 no venv, 13 pip failed.
STAGE = r"""
folder=$1; digest=$2; python=$3; free=$4; shift 4
if [ -e "$folder" ] && [ ! -e "$folder/.ceilift-staging" ]; then
  [ "$(cat "$folder/.ceilift-staged" 2>/dev/null)" = "$digest" ] && exit 0
  echo "$folder is there, and no list of this digest was installed in it" >&2; exit 10
fi
parent=$folder; while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
left=$(df -Pm "$parent" | awk 'NR==2 {print $4}')
[ "$left" -ge "$free" ] || { echo "$left MB are free below $parent" >&2; exit 11; }
umask 022
mkdir -p "$folder" && printf '%s\n' "$digest" >"$folder/.ceilift-staging" || exit 12
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder" >&2 || exit 12
cat >"$folder/.ceilift-requirements.txt"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
  --no-deps --require-hashes "$@" -r "$folder/.ceilift-requirements.txt" >&2 || exit 13
mv "$folder/.ceilift-staging" "$folder/.ceilift-staged"
"""

# Arguments: the pins as JSON, then the console scripts whose modules have to import. Prints one
# line of JSON. For whatever Python a release runs on: nothing newer than 2.7 is used.
VERIFY = r"""
import base64, hashlib, importlib, io, json, os, re, sys, sysconfig

pins, scripts = json.loads(sys.argv[1]), sys.argv[2:]
site = sysconfig.get_paths()["purelib"]

def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()

def text(*parts):
    try:
        with io.open(os.path.join(*parts), encoding="utf-8") as file:
            return file.read()
    except (IOError, OSError):
        return ""

def told(kind, field):
    found = re.search(r"^%s: *(.+)$" % field, kind, re.M)
    return found.group(1).strip() if found else ""

infos = {}
for name in os.listdir(site):
    if name.endswith((".dist-info", ".egg-info")):
        meta = text(site, name, "METADATA") or text(site, name, "PKG-INFO")
        infos[canonical(told(meta, "Name"))] = (told(meta, "Version"), os.path.join(site, name))

def changed(folder):
    for line in text(folder, "RECORD").splitlines():
        path, _, rest = line.rpartition(",")[0].rpartition(",")
        if not rest.startswith("sha256="):
            continue
        try:
            with open(os.path.join(site, path.strip('"')), "rb") as file:
                data = file.read()
        except (IOError, OSError):
            yield path
            continue
        value = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        if "sha256=" + value != rest:
            yield path

def fault(script):
    target = re.search(
        r"^%s *= *([\w.]+)" % re.escape(script),
        text(infos["ceilometer"][1], "entry_points.txt"), re.M)
    if not target:
        return "there is no such console script"
    try:
        importlib.import_module(target.group(1))
    except BaseException as error:
        return "%s: %s" % (type(error).__name__, error)

there = dict((name, infos[name][0]) for name in pins if name in infos)
result = {
    "release": infos.get("ceilometer", ("", ""))[0],
    "other": dict((n, there.get(n, "")) for n in pins if there.get(n) != pins[n]),
    "changed": [], "faults": {},
}
if result["release"]:
    result["changed"] = sorted(changed(infos["ceilometer"][1]))
    for script in scripts:
        found = fault(script)
        if found:
            result["faults"][script] = found
print(json.dumps(result))
"""
