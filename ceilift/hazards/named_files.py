"""Rules about files and folders that options name, and that are not there or closed to agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, places_of, several, warning
from ceilift.host_files import NamedFile
from ceilift.plan_files import FileKind

GONE = {"missing": "is not there", "closed": "cannot be read"}
DEFINITIONS = "ceilometer/declarative.py, load_definitions"
PIPELINES = (
    "ceilometer/pipeline.py of 9.0.7, agent.py of 27.0.0, load_config: the packaged one is taken "
    "for the usual name alone"
)


@dataclass(frozen=True, slots=True)
class _Named:
    """What an agent does without such a file, and who says so.

    `usual` is the bare name for which it takes the packaged one. `kind`: where a file may be given
    for the target in its place, and without either nothing works.
    """

    without: str
    why: str
    usual: str = ""
    kind: FileKind | None = None


OPTIONS: Mapping[str, _Named] = {
    "definitions_cfg_file": _Named(
        "the packaged definitions of events take its place, without a word", DEFINITIONS
    ),
    "resources_definition_file": _Named(
        "the packaged resources of Gnocchi take its place, without a word", DEFINITIONS
    ),
    "meter_definitions_file": _Named(
        "the packaged SNMP meters take its place, without a word", DEFINITIONS
    ),
    "meter_definitions_dirs": _Named(
        "no meter that is defined there is made of notifications",
        "ceilometer/meter/notifications.py, MeterDefinition files are looked for in that folder",
    ),
    "pollsters_definitions_dirs": _Named(
        "no dynamic pollster of that folder polls",
        "ceilometer/polling/manager.py, create_dynamic_pollsters",
    ),
    "rootwrap_config": _Named(
        "ipmi agents of releases that call ipmitool by rootwrap get no figures",
        "ceilometer/utils.py, rootwrap_config",
    ),
    "api_paste_config": _Named(
        "the API does not start", "ceilometer/api/app.py, load_app: ConfigFilesNotFoundError"
    ),
    "pipeline_cfg_file": _Named(
        "notification agents publish nothing",
        PIPELINES,
        "pipeline.yaml",
        FileKind.PIPELINE,
    ),
    "event_pipeline_cfg_file": _Named(
        "notification agents publish nothing",
        PIPELINES,
        "event_pipeline.yaml",
        FileKind.EVENT_PIPELINE,
    ),
}
IN_URLS = "resources_definition_file"  # also a parameter of gnocchi://, and then no option


def missing(case: Case) -> Iterator[Finding]:
    """A file that an option names is not there, or the agents may not read it."""
    if case.package is None or case.is_empty:
        return
    read = {option.name.replace("-", "_") for option in case.package.options} | {IN_URLS}
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for host in case.situation.hosts:
        seen = case.situation.seen.get(host.name)
        for file in seen.files.named if seen else ():
            wanted = file.there in GONE and file.option in read and _is_needed(case, file)
            if wanted:
                found.setdefault((file.option, file.there), []).append((file.path, host.name))
    for (option, there), places in sorted(found.items()):
        yield _told(case, option, there, places)


def _is_needed(case: Case, file: NamedFile) -> bool:
    named = OPTIONS.get(file.option)
    if named is None or file.path == named.usual:
        return False
    return named.kind is None or case.situation.request.file(named.kind) is None


def _told(case: Case, option: str, there: str, places: list[tuple[str, str]]) -> Finding:
    named = OPTIONS[option]
    names = several(sorted({path for path, _ in places}))
    what = f"{option} names {names}, which {GONE[there]}: with {case.to} {named.without}"
    where = places_of(places)
    remedy = "Put it there, readable by the agents; or take the option out"
    if named.kind is None:
        return warning("data-file-missing", what, where, named.why, remedy)
    remedy = f"{remedy}, or give one with {named.kind.option}"
    return blocker("data-file-missing", what, where, named.why, remedy)
