"""The script that asks whether pip finds Ceilometer from a host: sh, then the host's Python.

It asks as ceilift stage installs: with the pip that new environments get, by its own configuration
on that host (files, environment, proxies, certificates) and the inventory's options. What it asks
for does not exist, so nothing is downloaded; what pip keeps meanwhile is removed. What pip prints
may hold logins: of it only the index' host, and what kind of failure it was, leave the host.
"""

from __future__ import annotations

MARK = "ceilift-index "  # begins the one line of the answer
SCRIPT = r"""# package index
umask 077
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 143' HUP INT TERM
cd /
TMPDIR=$folder "$1" -I -B - "$2" "$folder" <<'CEILIFT_END'
import contextlib, glob, io, json, os, re, runpy, signal, sys, sysconfig, zipfile

signal.alarm(int(sys.argv[1]))
folder, options = sys.argv[2], OPTIONS
FAILURES = (
    (r"not a trusted or secure host", "pip does not trust it: http, and no --trusted-host"),
    (r"\b(40[137]|5\d\d) (?:Client|Server) Error|too many (\d+) error", "it answers %s"),
    (r"Tunnel connection failed: (\d+)", "the proxy answers %s"),
    (r"CERTIFICATE_VERIFY_FAILED|SSLError|SSL:", "its certificate is not accepted"),
    (r"Name or service|name resolution|No address|to resolve", "its name is not known there"),
    (r"Connection refused", "it refuses the connection"),
    (r"No route to host|Network is unreachable", "there is no way to it"),
    (r"timed out|Timeout", "no answer in time"),
    (r"ProxyError", "the proxy does not answer"),
    (r"Connection", "the connection broke"),
)


def bundled():
    with contextlib.suppress(ImportError):
        import ensurepip

        beside = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
        for place in (beside, sysconfig.get_config_var("WHEEL_PKG_DIR")):
            for wheel in glob.glob(os.path.join(place or beside, "pip-*.whl")):
                with zipfile.ZipFile(wheel) as contents:
                    contents.extractall(folder)
                sys.path.insert(0, folder)
                return


def asked():
    said = io.StringIO()
    sys.argv = ["pip", "install", "-vv", "--disable-pip-version-check", "--no-input", "--no-deps"]
    sys.argv += ["--no-cache-dir", "--target", os.path.join(folder, "none"), *options]
    sys.argv += ["--retries", "0", "--timeout", "5", "ceilometer<0"]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            runpy.run_module("pip", run_name="__main__", alter_sys=True)
        except (Exception, SystemExit):
            pass
    return said.getvalue()


def failure(text):
    said = "\n".join(re.findall("(?:Could not fetch URL|The repository located at).*", text))
    for pattern, words in FAILURES:
        found = re.search(pattern, said)
        if found:
            code = [group for group in found.groups() if group]
            return words % code[0] if code else words
    return "it lists no release of ceilometer"


bundled()
text = asked()
listed = re.search(r"\(from versions: *([^)]*)\)", text)
answers = bool(re.search(r"/ceilometer-\d", text) or listed and re.match(r"\d", listed.group(1)))
if answers or listed:
    urls = re.findall(r"https?://(\S+?)/ceilometer/", text)
    urls += re.findall(r"The repository located at (\S+) is not", text)
    hosts = sorted({url.rpartition("@")[2].partition("/")[0] for url in urls})
    problem = "" if answers else failure(text)
    print("\nceilift-index " + json.dumps({"answers": answers, "hosts": hosts, "problem": problem}))
CEILIFT_END
"""
