# wsgi_warm FOLDER SCRIPT PATH QUERY SECONDS PATTERN: one request to the application, inside one
# process of the release's own Python (2.7 or 3). Where the script itself names a release (PATTERN,
# a regular expression of Python), FOLDER is read in its place. What it compiles stays.
main() {
  installed "$1"
  [ -f "$2" ] || die "$2 does not exist"
  cd / || exit 1
  timeout -k 5 "$5" "$1/bin/python" - "$2" "$3" "$4" "$1" "$6" <<'PYTHON'
from __future__ import print_function
import re
import sys
from wsgiref.util import setup_testing_defaults

script, path, query, folder, pattern = sys.argv[1:6]
sys.argv = [script]
space = {"__name__": "ceilift_warm", "__file__": script}
with open(script) as source:
    text = re.sub(pattern, lambda _: folder, source.read())
exec(compile(text, script, "exec"), space)
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}
setup_testing_defaults(environ)
statuses = []


def start_response(status, headers, exc_info=None):
    statuses.append(status)
    return lambda data: None


answer = space["application"](environ, start_response)
size = sum(len(part) for part in answer)
if not statuses or statuses[-1].split()[0] != "200":
    print("it answered %s to %s" % (statuses[-1:] or "nothing", path), file=sys.stderr)
    sys.exit(1)
print("outcome answered 200 with %d bytes" % size)
PYTHON
  code=$?
  if [ $code = 124 ] || [ $code = 137 ]; then die "no answer within $5 s"; fi
  return $code
}
main "$@" </dev/null
