"""The effective options of one agent, from its configuration and the files that this names."""

from __future__ import annotations

from ceilift.config_files import Options, digest, read_polling
from ceilift.pollsters import PollingFile, read_polling_file
from ceilift.probe.records import Records
from ceilift.state import AgentConfig


def agent_config(
    records: Records, main: str, text: str, *, hash_seed_fixed: bool = True
) -> AgentConfig:
    """What the text of all its configuration files says; `main` is the first of them.

    Of several files, the last that sets an option counts.
    """
    options = Options(text)
    pipeline = _beside(records, main, options.get("DEFAULT", "pipeline_cfg_file"), "pipeline.yaml")
    polling = _beside(records, main, options.get("polling", "cfg_file"), "polling.yaml")
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


def _beside(records: Records, main: str, named: str | None, default: str) -> str | None:
    """The text of a file named in the configuration, relative to it, or of its usual name.

    None where there is no such file.
    """
    name = named or default
    path = name if name.startswith("/") else f"{main.rpartition('/')[0]}/{name}"
    file = records.files.get(path)
    return file.text if file else None
