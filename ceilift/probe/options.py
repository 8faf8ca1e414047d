"""The effective options of one agent, from its configuration and the files that this names."""

from __future__ import annotations

from dataclasses import dataclass

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
    sources = read_polling(polling.text or pipeline.text or "")
    polled = _polled(polling, pipeline)
    file = PollingFile() if polled.text is None else read_polling_file(polled.text)
    return AgentConfig(
        workload_partitioning=options.flag("notification", "workload_partitioning"),
        coordinated=bool(options.get("coordination", "backend_url")),
        group_prefix=options.get("polling", "partitioning_group_prefix") or "",
        host_value=options.get("DEFAULT", "host") or "",
        interval_s=sources.interval_s,
        resources=sources.resources,
        config_digest=digest(text),
        pipeline_digest=digest(pipeline.text or ""),
        polling_digest=digest(polling.text or ""),
        udp_address=options.get("collector", "udp_address"),
        hash_seed_fixed=hash_seed_fixed,
        polling_sources=file.sources,
        polling_fault=file.fault,
        polling_file=polled.path if polled.text is not None else "",
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """A file the configuration names: its path, and its text (None: there is no such file)."""

    path: str
    text: str | None


def _polled(polling: _Named, pipeline: _Named) -> _Named:
    """Its polling file; without one, the pipeline if that says how often to poll.

    8.x and 9.x poll by the pipeline then (ceilometer/pipeline.py, PollingManager). Later releases
    do not start without a polling file, and their pipelines have no intervals.
    """
    polls = pipeline.text is not None and read_polling(pipeline.text).interval_s is not None
    return pipeline if polling.text is None and polls else polling


def _beside(records: Records, main: str, named: str | None, default: str) -> _Named:
    """A file named in the configuration, relative to it, or the one of its usual name."""
    name = named or default
    path = name if name.startswith("/") else f"{main.rpartition('/')[0]}/{name}"
    file = records.files.get(path)
    return _Named(path, file.text if file else None)
