"""What stands against a plan, and what is worth knowing about it: small pure rules, one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ceilift.finding import Finding, Severity, most_severe_first
from ceilift.hazards import (
    activity,
    agents,
    bounds,
    credentials,
    crossings,
    database,
    files,
    gnocchi,
    hosts,
    means,
    models,
    named_files,
    options,
    patterns,
    payload,
    pipelines,
    pollsters,
    privileges,
    releases,
    restoring,
    rolling,
    way_back,
)
from ceilift.hazards.case import Case
from ceilift.plan import Accepted, Plan, Request
from ceilift.situation import Situation

Rule = Callable[[Case], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    hosts.host_problem,
    hosts.target_not_installed,
    hosts.unit_not_defined,
    hosts.api_not_described,
    hosts.stray_process,
    hosts.foreign_host,
    hosts.changed_since_start,
    hosts.set_aside,
    hosts.clock_skew,
    hosts.uneven_namespaces,
    hosts.unit_otherwise,
    database.no_database,
    database.database_unreachable,
    database.samples_unreadable,
    database.no_dump_tool,
    database.backup_space,
    privileges.to_dump,
    privileges.to_migrate,
    privileges.to_fill,
    database.dbsync_effect,
    database.not_additive,
    restoring.half_restored,
    gnocchi.unreachable,
    gnocchi.too_old,
    gnocchi.backlog,
    gnocchi.not_looked_at,
    gnocchi.endless_retry,
    activity.broker_unreachable,
    activity.alarm,
    activity.alarms_unknown,
    activity.busy,
    activity.activity,
    bounds.bounded_queues,
    bounds.backlog,
    means.python_unfit,
    means.no_venv,
    means.no_index,
    means.install_space,
    means.memory,
    releases.already_at_target,
    releases.mixed_releases,
    releases.unknown_release,
    releases.releases_skipped,
    releases.collector_removed,
    releases.storage_removed,
    releases.dbsync_renamed,
    releases.role_not_in_release,
    crossings.told,
    crossings.no_polling_file,
    crossings.transformers,
    crossings.gnocchi_first,
    crossings.evaluated,
    crossings.balancer_type,
    options.doomed,
    options.defaults,
    options.ignored_pollsters,
    credentials.incomplete,
    files.publishers_removed,
    files.data_files,
    named_files.missing,
    files.scripts_removed,
    agents.shared_group,
    agents.uncoordinated,
    agents.unstable_group_names,
    agents.uneven_groups,
    agents.global_ipmi_group,
    agents.udp_address_empty,
    agents.ghosts,
    agents.polling_file,
    agents.first_poll,
    agents.last_acknowledgement,
    payload.polling_first,
    payload.polling_aside,
    models.mantra,
    pollsters.pollsters_unknown,
    pollsters.pollsters_new,
    pollsters.pollsters_login,
    pollsters.pollsters_removed,
    patterns.polled,
    rolling.never_beside,
    rolling.uneven_pipelines,
    pipelines.pipelines_unknown,
    pipelines.pipelines_mix,
    pipelines.not_loaded,
    pipelines.not_tried,
    pipelines.pipes_vanish,
    rolling.advised_order,
)

# Of a whole upgrade's way back: it is an upgrade to what ran before, but for the database.
RULES_ROLLBACK: tuple[Rule, ...] = (
    hosts.host_problem,
    hosts.target_not_installed,
    hosts.unit_not_defined,
    hosts.api_not_described,
    hosts.stray_process,
    hosts.foreign_host,
    hosts.changed_since_start,
    hosts.set_aside,
    hosts.clock_skew,
    activity.broker_unreachable,
    activity.alarm,
    activity.alarms_unknown,
    releases.unknown_release,
    agents.shared_group,
    agents.unstable_group_names,
    agents.uneven_groups,
    agents.polling_file,
    agents.first_poll,
    agents.last_acknowledgement,
    payload.polling_first,
    payload.polling_aside,
    pollsters.pollsters_unknown,
    pollsters.pollsters_new,
    pollsters.pollsters_login,
    pollsters.pollsters_removed,
    rolling.never_beside,
    pipelines.pipelines_unknown,
    pipelines.pipelines_mix,
    pipelines.not_loaded,
    pipelines.not_tried,
    pipelines.pipes_vanish,
    way_back.ran_otherwise,
    way_back.host_left,
    way_back.database_stays,
    database.no_dump_tool,
    database.backup_space,
    restoring.half_restored,
    restoring.no_dump,
    restoring.dump_file,
    restoring.unlabelled,
    restoring.elsewhere,
    restoring.restored_already,
    restoring.unseen,
    restoring.api_goes_on,
    restoring.loses,
    restoring.all_down,
)

# What matters on the way back of one stage: whether it can be walked, not what the target would do.
RULES_BACK: tuple[Rule, ...] = (
    hosts.host_problem,
    hosts.target_not_installed,
    hosts.stray_process,
    hosts.set_aside,
    agents.polling_file,
    activity.broker_unreachable,
    restoring.half_restored,
)

# Blockers an operator may lift with a reason; every other blocker has to be mended.
ACCEPTABLE = frozenset(
    {
        "busy",
        "database-privileges",
        "mantra",
        "pollsters-unknown",
        "publisher-removed",
        "schema-not-additive",
        "unknown-release",
    }
)


def findings_of(situation: Situation, plan: Plan) -> tuple[Finding, ...]:
    """Everything the rules find in what is left of a plan, the most severe first.

    An accepted blocker is there as a warning that shows the reason.
    """
    case = Case(situation, plan)
    found = [finding for rule in rules_for(situation.request) for finding in rule(case)]
    return most_severe_first(list(accepted(found, situation.request.accept)))


def rules_for(request: Request) -> tuple[Rule, ...]:
    """The rules that a plan for that request is held against."""
    if request.start_old is not None:
        return RULES_BACK
    return RULES_ROLLBACK if request.rollback else RULES


def accepted(findings: Iterable[Finding], accept: Iterable[Accepted]) -> Iterator[Finding]:
    """The findings, acceptable blockers lifted where a reason was given."""
    reasons = {one.id: one.reason for one in accept}
    for finding in findings:
        lifted = finding.acceptable and finding.id in reasons
        if lifted and finding.severity is Severity.BLOCKER:
            what = f"{finding.what} (accepted: {reasons[finding.id]})"
            yield replace(finding, severity=Severity.WARNING, what=what, acceptable=False)
        else:
            yield finding
