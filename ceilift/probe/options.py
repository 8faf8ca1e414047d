"""The effective options of one agent, from its configuration and the files that this names."""

from __future__ import annotations

from ceilift.config_files import Options, read_polling
from ceilift.digest import digest
from ceilift.pollsters import PollingFile, read_polling_file
from ceilift.probe.records import Records
from ceilift.state import AgentConfig

FILES = (  # section, option and usual name
    ("polling", "cfg_file", "polling.yaml"),
    ("DEFAULT", "pipeline_cfg_file", "pipeline.yaml"),
    ("DEFAULT", "event_pipeline_cfg_file", "event_pipeline.yaml"),
)


def agent_config(
    records: Records, main: str, text: str, *, hash_seed_fixed: bool = True
) -> AgentConfig:
    """What the text of all its configuration files says; `main` is the first of them.

    Of several files, the last that sets an option counts.
    """
    options = Options(text)
    paths = [_path(main, options, *one) for one in FILES]
    polling, pipeline, event_pipeline = (_text(records, path) for path in paths)
    sources = read_polling(polling or pipeline or "")
    file = _polled(polling, pipeline)
    return AgentConfig(
        workload_partitioning=options.flag("notification", "workload_partitioning"),
        coordinated=bool(options.get("coordination", "backend_url")),
        group_prefix=options.get("polling", "partitioning_group_prefix") or "",
        host_value=options.get("DEFAULT", "host") or "",
        interval_s=sources.interval_s,
        resources=sources.resources,
        config_digest=digest(text),
        pipeline_digest=digest(pipeline or ""),
        polling_digest=digest(polling or ""),
        udp_address=options.get("collector", "udp_address"),
        hash_seed_fixed=hash_seed_fixed,
        polling_sources=file.sources,
        polling_fault=file.fault,
        polling_path=paths[0],
        pipeline_path=paths[1],
        event_pipeline_path=paths[2],
        event_pipeline_digest=digest(event_pipeline or ""),
        shuffle_s=_seconds(options.get("DEFAULT", "shuffle_time_before_polling_task")),
    )


def _polled(polling: str | None, pipeline: str | None) -> PollingFile:
    """What its polling file says; without one, the pipeline if that says how often to poll.

    8.x and 9.x poll by the pipeline then (ceilometer/pipeline.py, PollingManager). Later releases
    do not start without a polling file, and their pipelines have no intervals.
    """
    if polling is not None:
        return read_polling_file(polling)
    if pipeline is None or read_polling(pipeline).interval_s is None:
        return PollingFile()
    return read_polling_file(pipeline)


def _seconds(text: str | None) -> float:
    """A whole number of seconds; 0 for what oslo.config would refuse."""
    return float(text) if text is not None and text.strip().isdecimal() else 0.0


def _path(main: str, options: Options, section: str, option: str, default: str) -> str:
    """Where a file is that the configuration names, relative to it, or that has its usual name."""
    name = options.get(section, option) or default
    return name if name.startswith("/") else f"{main.rpartition('/')[0]}/{name}"


def _text(records: Records, path: str) -> str | None:
    """None where there is no such file."""
    file = records.files.get(path)
    return file.text if file else None
