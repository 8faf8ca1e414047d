"""The effective options of one agent, from its configuration and the files that this names."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ceilift.config_files import Options, read_polling
from ceilift.credentials import SECTIONS, USUAL, Credentials
from ceilift.digest import digest
from ceilift.polling_file import read_polling_file
from ceilift.pollsters import PollingFile, PollingSource, without_login
from ceilift.probe.records import Records
from ceilift.state import AgentConfig

FILES = (  # section, option and usual name
    ("polling", "cfg_file", "polling.yaml"),
    ("DEFAULT", "pipeline_cfg_file", "pipeline.yaml"),
    ("DEFAULT", "event_pipeline_cfg_file", "event_pipeline.yaml"),
)

DISPATCHERS = (("DEFAULT", "meter_dispatchers"), ("DEFAULT", "dispatcher"))  # the older name last


@dataclass(frozen=True, slots=True)
class _Named:
    """A file that the configuration names; no text where there is none."""

    path: str
    text: str | None

    @property
    def digest(self) -> str:
        return digest(self.text or "")


def agent_config(
    records: Records, main: str, text: str, *, hash_seed_fixed: bool = True
) -> AgentConfig:
    """What the text of all its configuration files says; `main` is the first of them.

    Of several files, the last that sets an option counts.
    """
    options = Options(text)
    polling, pipeline, event_pipeline = (_named(records, main, options, *one) for one in FILES)
    sources = read_polling(polling.text or pipeline.text or "")
    polled = _polled(polling, pipeline)
    file = PollingFile() if polled.text is None else read_polling_file(polled.text)
    return AgentConfig(
        workload_partitioning=options.flag("notification", "workload_partitioning"),
        coordinated=bool(options.get("coordination", "backend_url")),
        group_prefix=options.get("polling", "partitioning_group_prefix") or "",
        host_value=options.get("DEFAULT", "host") or "",
        interval_s=sources.interval_s,
        resources=tuple(map(without_login, sources.resources)),
        config_digest=digest(text),
        pipeline_digest=pipeline.digest,
        polling_digest=polling.digest,
        event_pipeline_digest=event_pipeline.digest,
        udp_address=options.get("collector", "udp_address"),
        hash_seed_fixed=hash_seed_fixed,
        polling_sources=tuple(map(_without_login, file.sources)),
        polling_fault=file.fault,
        polling_file=polled.path if polled.text is not None else "",
        polling_path=polling.path,
        pipeline_path=pipeline.path,
        event_pipeline_path=event_pipeline.path,
        shuffle_s=_seconds(options.get("DEFAULT", "shuffle_time_before_polling_task")),
        dispatchers=tuple(one for names in DISPATCHERS for one in options.each(*names)),
        credentials=tuple(_credentials(options, main, section) for section in SECTIONS),
    )


def _credentials(options: Options, main: str, section: str) -> Credentials:
    """What is set of a login; its values stay here (keystone_client.register_keystoneauth_opts)."""
    usual = section if section == USUAL else USUAL
    kept_in = options.get(section, "auth_section") or usual
    given = (options.get(kept_in, name) for name in ("auth_type", "auth_plugin"))
    kind = next(filter(None, given), "")
    return Credentials(section, kept_in, main, kind, options.given(kept_in))


def _without_login(source: PollingSource) -> PollingSource:
    return replace(source, resources=tuple(map(without_login, source.resources)))


def _polled(polling: _Named, pipeline: _Named) -> _Named:
    """What its polling file says; without one, the pipeline if that says how often to poll.

    8.x and 9.x poll by the pipeline then (ceilometer/pipeline.py, PollingManager). Later releases
    do not start without a polling file, and their pipelines have no intervals.
    """
    polls = pipeline.text is not None and read_polling(pipeline.text).interval_s is not None
    return pipeline if polling.text is None and polls else polling


def _named(
    records: Records, main: str, options: Options, section: str, option: str, default: str
) -> _Named:
    """A file named in the configuration, relative to it, or the one of its usual name."""
    name = options.get(section, option) or default
    path = name if name.startswith("/") else f"{main.rpartition('/')[0]}/{name}"
    file = records.files.get(path)
    return _Named(path, file.text if file else None)


def _seconds(text: str | None) -> float:
    """A whole number of seconds; 0 for what oslo.config would refuse."""
    return float(text) if text is not None and text.strip().isdecimal() else 0.0
