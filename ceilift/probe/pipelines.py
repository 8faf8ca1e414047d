"""From the files of one look to the pipelines of a notification agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ceilift.config_files import Options
from ceilift.digest import digest
from ceilift.pipeline import Origin, Pipelines, read_pipelines
from ceilift.probe.records import File

PACKAGED = "/site-packages/ceilometer/pipeline/data/"  # from Pike on (pipeline.py, load_config)
QUEUES = 10  # the default of [notification] pipeline_processing_queues (notification.py)
SECRETS = (  # telemetry_secret and its former names, newest first (publisher/utils.py)
    ("publisher", "telemetry_secret"),
    ("DEFAULT", "metering_secret"),
    ("publisher_rpc", "metering_secret"),
    ("publisher", "metering_secret"),
)
DEFAULT_SECRET = "change this for valid signing"  # noqa: S105 - what Ceilometer itself ships


def pipelines_of(
    files: Mapping[str, File], configs: Sequence[str], options: Options, folder: str
) -> Pipelines:
    """The pipelines of an agent with these configuration files, of the release in `folder`.

    Files are looked for as oslo.config does: beside the configuration files, the last first; then
    in what the release brings. "missing" wins over "packaged", and that over "file".
    """
    names = (
        options.get("DEFAULT", "pipeline_cfg_file") or "pipeline.yaml",
        options.get("DEFAULT", "event_pipeline_cfg_file") or "event_pipeline.yaml",
    )
    found = [_found(files, configs, name, folder) for name in names]
    origins = {origin for _, origin in found}
    queues = options.get("notification", "pipeline_processing_queues") or ""
    return read_pipelines(
        found[0][0],
        found[1][0],
        processing_queues=int(queues) if queues.isdecimal() else QUEUES,
        secret_digest=digest(_secret(options)),
        origin=next((one for one in ("missing", "packaged") if one in origins), "file"),
    )


def _found(
    files: Mapping[str, File], configs: Sequence[str], name: str, folder: str
) -> tuple[str, Origin]:
    for path in _places(configs, name):
        if path in files:
            return files[path].text, "file"
    for path, file in files.items():
        if path.startswith(f"{folder}/") and path.endswith(PACKAGED + name):
            return file.text, "packaged"
    return "", "missing"


def _places(configs: Sequence[str], name: str) -> Iterator[str]:
    if name.startswith("/"):
        yield name
    else:
        yield from (f"{config.rpartition('/')[0]}/{name}" for config in reversed(configs))


def _secret(options: Options) -> str:
    given = (options.get(section, name) for section, name in SECRETS)
    return next((secret for secret in given if secret is not None), DEFAULT_SECRET)
