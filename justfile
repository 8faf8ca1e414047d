# Everything runs from the project's own venv; bin/setup makes it.
set shell := ["bash", "-euo", "pipefail", "-c"]

venv := ".venv/bin"
pin := venv / "uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'just lock'"

export PREFECT_SERVER_ANALYTICS_ENABLED := "false"
export PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS := "false"
export PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT := "false"
export DO_NOT_TRACK := "1"

# List the recipes.
default:
    @{{ venv }}/just --list

# Everything that needs no lab, in under two minutes.
check: format-check lint types layers fast

# Every check and test, those of the lab and the package index included.
test: check
    #!/usr/bin/env bash
    # Those of the test cloud wait for it most of the time: the others run beside them, behind them
    # in the queue for processors.
    set -uo pipefail
    said=$(mktemp)
    nice -n 19 {{ venv }}/pytest -m "(prefect or lab or network) and not cloud" > "$said" 2>&1 &
    beside=$!
    trap 'kill "$beside" 2>/dev/null; rm -f "$said"' EXIT
    {{ venv }}/pytest -m cloud
    code=$?
    wait "$beside" || code=$?
    cat "$said"
    exit "$code"

# One acceptance scenario on the lab, e.g. `just accept full`.
accept NAME *ARGS:
    bin/accept {{ NAME }} {{ ARGS }}

# Build the test cloud and upgrade it (`just demo stop` ends it).
demo *ARGS:
    bin/demo {{ ARGS }}

# Format what can be formatted, fix what can be fixed.
fix:
    {{ venv }}/ruff check --fix --exit-zero --quiet .
    {{ venv }}/ruff format .

# Resolve anew within pyproject.toml; `just lock --upgrade` takes newer versions.
lock *ARGS:
    {{ pin }} {{ ARGS }} pyproject.toml --output-file requirements.lock
    {{ pin }} {{ ARGS }} --all-extras --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock

[private]
format-check:
    {{ venv }}/ruff format --check .

[private]
lint:
    {{ venv }}/ruff check .

[private]
types:
    {{ venv }}/mypy

[private]
layers:
    {{ venv }}/lint-imports --no-logo

# Two at a time: they wait for nothing, so they need processors.
[private]
fast:
    {{ venv }}/pytest -n 2
