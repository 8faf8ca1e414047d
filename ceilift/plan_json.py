"""Plans and states as JSON: the public form of a plan, and the way back for both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from ceilift.errors import BadInputError, Fault
from ceilift.pipeline import LoadSeen
from ceilift.plan import SCHEMA, Plan, Step
from ceilift.pollsters import PollstersSeen
from ceilift.state import CloudState, Instance

STATE_SCHEMA: Final = 1

Json = dict[str, Any]


def plan_to_json(plan: Plan) -> Json:
    """The plan in its public form: only dicts, lists, strings, numbers, booleans and None."""
    return {
        "schema": SCHEMA,
        "hash": plan.hash,
        "cloud": plan.cloud,
        "path": plan.path,
        "from": list(plan.releases),
        "to": plan.to,
        "stages": _plain([asdict(stage) for stage in plan.stages]),
        "steps": [_step_to_json(step) for step in plan.steps],
        "gates": [_plain(asdict(gate)) for gate in plan.gates],
        "point_of_no_return": plan.point_of_no_return,
        "findings": _plain([asdict(finding) for finding in plan.findings]),
        "estimate_s": plan.estimate_s,
        "request": _plain(asdict(plan.request)),
    }


def plan_from_json(data: object, file: str = "plan") -> Plan:
    """The plan that `plan_to_json` wrote.

    Raises BadInputError with every fault: another schema, missing or wrong fields, or a hash that
    does not belong to the rest (somebody changed it).
    """
    fields = _checked_schema(data, file, SCHEMA)
    wanted = {**fields, "releases": fields.get("from")}
    plan: Plan = _validated(_adapter(Plan), wanted, file)
    if fields.get("hash") != plan.hash:
        what = f"{fields.get('hash')!r} is not the hash of this plan ({plan.hash})"
        raise BadInputError([Fault(file, "hash", what, "Make the plan anew: it was changed")])
    return plan


def state_to_json(state: CloudState) -> Json:
    """The state of a cloud as it was seen; without a secret, as the state itself."""
    plain: Json = _plain(asdict(state))
    return {"schema": STATE_SCHEMA, **plain}


def state_from_json(data: object, file: str) -> CloudState:
    """The state that `state_to_json` wrote. Raises BadInputError with every fault and its field."""
    fields = dict(_checked_schema(data, file, STATE_SCHEMA))
    fields.pop("schema")
    state: CloudState = _validated(_adapter(CloudState), fields, file)
    faults = [
        Fault(file, field, "there is no such field", "Remove it, or mend its spelling")
        for field in _strangers(fields, _plain(asdict(state)), "")
    ]
    if faults:
        raise BadInputError(faults)
    return state


def instances_to_json(instances: Sequence[Instance]) -> list[Json]:
    """Instances (a baseline) as JSON."""
    plain: list[Json] = _plain([asdict(one) for one in instances])
    return plain


def instances_from_json(data: object, file: str = "baseline") -> tuple[Instance, ...]:
    """The instances that `instances_to_json` wrote. Raises BadInputError with every fault."""
    found: tuple[Instance, ...] = _validated(_adapter(tuple[Instance, ...]), data, file)
    return found


def pollsters_to_json(seen: Sequence[PollstersSeen]) -> list[Json]:
    """What installed releases load, as JSON."""
    plain: list[Json] = _plain([asdict(one) for one in seen])
    return plain


def pollsters_from_json(data: object, file: str = "pollsters") -> tuple[PollstersSeen, ...]:
    """What `pollsters_to_json` wrote. Raises BadInputError with every fault."""
    found: tuple[PollstersSeen, ...] = _validated(_adapter(tuple[PollstersSeen, ...]), data, file)
    return found


def loads_to_json(seen: Sequence[LoadSeen]) -> list[Json]:
    """What old releases say of a new pipeline, as JSON."""
    plain: list[Json] = _plain([asdict(one) for one in seen])
    return plain


def loads_from_json(data: object, file: str = "loads") -> tuple[LoadSeen, ...]:
    """What `loads_to_json` wrote. Raises BadInputError with every fault."""
    found: tuple[LoadSeen, ...] = _validated(_adapter(tuple[LoadSeen, ...]), data, file)
    return found


def _step_to_json(step: Step) -> Json:
    alone = step.targets[0] if len(step.targets) == 1 else None
    return {
        "id": step.id,
        "stage": step.stage,
        "action": step.action.value,
        "host": step.host,
        "component": step.targets[0].component.value,
        "instance": alone.unit if alone else None,
        "targets": _plain([asdict(target) for target in step.targets]),
        "release": step.release,
        "needs": list(step.needs),
        "why": step.why,
        "judged_by": step.judged_by,
        "undo": step.undo,
        "timing": step.timing.value,
        "options": _plain(step.options),
        "files": _plain([asdict(file) for file in step.files]),
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a dataclass holds
    """Lists for tuples and str for enumerations, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type pydantic can read
    """Built when first needed: it costs milliseconds that `ceilift plan` need not pay."""
    return TypeAdapter(kind)


def _validated(adapter: TypeAdapter[Any], data: object, file: str) -> Any:  # noqa: ANN401
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise BadInputError(_faults(error, file)) from None


def _faults(error: ValidationError, file: str) -> Iterator[Fault]:
    for item in error.errors(include_input=False, include_url=False):
        field = ".".join(str(part) for part in item["loc"])
        yield Fault(file, field, item["msg"], "Write it anew with Ceilift; it was changed by hand")


def _checked_schema(data: object, file: str, schema: int) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise BadInputError([Fault(file, "", "holds no mapping", "Write it anew with Ceilift")])
    found = data.get("schema")
    if found != schema:
        what = f"is of schema {found!r}; this Ceilift reads schema {schema}"
        raise BadInputError([Fault(file, "schema", what, "Write it anew with this Ceilift")])
    return data


def _strangers(given: object, known: object, place: str) -> Iterator[str]:
    """The fields in `given` that what was read from it does not know."""
    if isinstance(given, Mapping) and isinstance(known, Mapping):
        for key, value in given.items():
            field = f"{place}.{key}" if place else str(key)
            if key in known:
                yield from _strangers(value, known[key], field)
            else:
                yield field
    elif isinstance(given, (list, tuple)) and isinstance(known, list):
        for index, (one, other) in enumerate(zip(given, known, strict=False)):
            yield from _strangers(one, other, f"{place}.{index}")
