"""The script that asks an installed release which pollsters it loads: sh, then its own Python.

The program calls the loading of the release's own AgentManager, without making one: nothing is
joined, published or written. No log is opened, no handler of a signal installed, no bytecode kept.
It runs on Python 2.7 and 3, and ends itself when its deadline passes.
"""

from __future__ import annotations

MARK = "ceilift-pollsters "  # begins the one line of the answer: what is imported may print too
SCRIPT = r"""# pollsters of a release
folder=$1
shift
for python in "$folder/bin/python" "$folder/bin/python3"; do [ -x "$python" ] && break; done
[ -x "$python" ] || { echo "$folder has no bin/python" >&2; exit 3; }
cd /
"$python" -B - "$@" <<'END'
import json
import signal
import sys

signal.alarm(int(sys.argv[1]))
namespaces, configs = sys.argv[2].split(","), sys.argv[3:]
sys.path[:] = [place for place in sys.path if place]
failed = []


def quiet():
    from oslo_log import log

    log.setup = lambda *args, **kwargs: None
    try:
        from oslo_reports import guru_meditation_report as report
    except ImportError:
        return
    report.TextGuruMeditation.setup_autorun = lambda *args, **kwargs: None


def listen():
    from stevedore import extension

    class Listening(extension.ExtensionManager):
        def __init__(self, *args, **kwargs):
            told = kwargs.get("on_load_failure_callback")

            def note(manager, entry, error):
                failed.append(entry.name)
                if told is not None:
                    told(manager, entry, error)

            kwargs["on_load_failure_callback"] = note
            extension_manager.__init__(self, *args, **kwargs)

    extension_manager = extension.ExtensionManager
    extension.ExtensionManager = Listening


def loaded():
    from ceilometer import service

    files = [word for config in configs for word in ("--config-file", config)]
    conf = service.prepare_service(["ceilometer-polling"] + files)
    try:
        from ceilometer.polling import manager
    except ImportError:
        from ceilometer.agent import manager
    agent = manager.AgentManager.__new__(manager.AgentManager)
    agent.conf = conf
    for namespace in namespaces:
        for found in agent._extensions("poll", namespace, conf).extensions:
            yield found.name
        for found in agent._extensions_from_builder("poll", namespace):
            yield found.name
    dynamic = getattr(agent, "create_dynamic_pollsters", None)
    if dynamic is not None:
        told = [namespaces][: dynamic.__code__.co_argcount - 1]
        for found in dynamic(*told):
            yield found.name


answer = {"names": [], "failed": failed, "fault": ""}
try:
    quiet()
    listen()
    answer["names"] = sorted(set(loaded()))
except (Exception, SystemExit) as error:
    answer["fault"] = type(error).__name__
print("\n" + "ceilift-pollsters " + json.dumps(answer))
END
"""
